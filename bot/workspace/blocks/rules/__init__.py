"""Slack's rules for Block Kit, written down as tables."""
