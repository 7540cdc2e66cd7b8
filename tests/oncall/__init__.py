"""On call."""
