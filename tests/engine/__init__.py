"""The desk, on SQLite and on PostgreSQL."""
