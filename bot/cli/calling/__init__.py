"""Paging people by hand."""
