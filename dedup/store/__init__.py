"""What is remembered: the index, the paragraphs, when they expire, and the state file."""
