"""Hands follow-ups on to the team's own tracker, by one signed web address."""
