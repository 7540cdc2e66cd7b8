"""The record of one protection: what was heard of its restore points, what went wrong with them, and its return."""
