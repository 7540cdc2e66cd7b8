"""Walks a runbook without people: every exit, by the real rules, with answers that the paths force."""
