"""A page as plain text, for channels beyond Slack."""
