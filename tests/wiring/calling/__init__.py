"""Reaching people beyond Slack."""
