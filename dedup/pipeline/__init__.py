"""Runs the filter over inputs, and maintains state files."""
