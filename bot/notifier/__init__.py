"""Tells Slack what is new in each run: in order, at least once."""
