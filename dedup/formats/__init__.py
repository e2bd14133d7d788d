"""Reads bytes as records of paragraphs, and writes records back, with one module per format. Start with `reading`."""
