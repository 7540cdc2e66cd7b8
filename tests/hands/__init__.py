"""Hands: what executes commands, and what it may not."""
