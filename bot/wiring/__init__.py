"""Builds the house: the only room that constructs engines, clients and threads."""
