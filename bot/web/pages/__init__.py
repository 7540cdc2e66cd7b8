"""Pages to look at: what is going on, each run live, the runbooks and the assets; reading only."""
