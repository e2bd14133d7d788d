"""Questions about a whole feed or a labelled set."""
