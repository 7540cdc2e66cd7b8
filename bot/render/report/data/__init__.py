"""Timelines for programs: JSON with a published schema, and CSV."""
