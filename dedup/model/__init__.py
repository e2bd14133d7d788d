"""The types of the package: paragraphs, matches, decisions and labels, and how times and texts are read."""
