"""A run as a report: for people who were not there, in the format that they need."""
