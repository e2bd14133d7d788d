"""Adapters for frameworks that call this package."""
