"""What happened, for people who were not there: entries to read, and facts reckoned from the same records. Pure."""
