"""Reaches people beyond Slack: one letter by one channel at a time, and what the channel answered."""
