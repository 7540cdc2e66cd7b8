"""Slack: what comes in, and what is said."""
