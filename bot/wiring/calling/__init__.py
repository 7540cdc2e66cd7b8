"""Reaching people beyond Slack: their channels, the part that tries them, the links by which they answer."""
