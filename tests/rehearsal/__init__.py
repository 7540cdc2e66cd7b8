"""Stories of a rehearsal."""
