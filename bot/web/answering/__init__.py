"""Answering a page from outside Slack: a signed link, and a page with a button."""
