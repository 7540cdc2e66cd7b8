"""Channels beyond Slack."""
