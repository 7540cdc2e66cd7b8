"""The journal: what happened, appended for ever, in SQLite or PostgreSQL."""
