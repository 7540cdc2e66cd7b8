"""Sign in with Slack, on this machine: the page that asks, the code, and the signed token."""
