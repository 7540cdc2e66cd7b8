"""The command handler, on SQLite and on PostgreSQL."""
