"""Decides, paragraph by paragraph, what is new."""
