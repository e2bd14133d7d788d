"""Bytes to records of paragraphs and back, one module per format. Start with `reading`."""
