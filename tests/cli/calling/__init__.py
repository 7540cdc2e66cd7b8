"""Paging by hand, and the doctor's look at channels."""
