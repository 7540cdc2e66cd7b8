"""Attacks on Handrail: each was tried, and each is held off."""
