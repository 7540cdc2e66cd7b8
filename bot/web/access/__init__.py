"""Who may read the pages and the API: people of the Slack workspace, those whom a proxy names, programs with a key."""
