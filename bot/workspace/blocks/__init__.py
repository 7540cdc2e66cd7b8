"""Block Kit as the local workspace knows it: what Slack would refuse, and how it looks."""
