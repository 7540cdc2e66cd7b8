"""Runs that a run calls: the one it waits for, and those that several teams walk meanwhile."""
