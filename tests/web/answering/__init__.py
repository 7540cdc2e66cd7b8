"""Answering a page by a link."""
