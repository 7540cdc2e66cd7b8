"""Walks each run from where it was told last, and tells Slack what is new; safe to repeat."""
