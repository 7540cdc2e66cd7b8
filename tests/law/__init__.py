"""The law where people meet it: over Slack's wire and at the terminal, on SQLite and on PostgreSQL."""
