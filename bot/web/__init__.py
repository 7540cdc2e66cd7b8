"""What Handrail answers over HTTP: its health, and Slack's signed requests."""
