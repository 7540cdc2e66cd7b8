"""Who is on call, as people read it: in Slack, at a terminal, and as JSON."""
