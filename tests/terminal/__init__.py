"""Walks at a terminal, on a real one."""
