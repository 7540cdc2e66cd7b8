"""The page of the local workspace: a plain Slack in a browser, for whichever person one wants to be."""
