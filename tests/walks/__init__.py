"""Whole walks: people in a Slack of our own, and the whole house behind it."""
