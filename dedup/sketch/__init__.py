"""Text to canonical text, shingles, MinHash signature and LSH band keys."""
