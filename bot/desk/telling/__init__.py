"""Runs told to people who were not there."""
