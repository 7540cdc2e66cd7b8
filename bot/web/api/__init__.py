"""`/api/v1`: runs, their timelines, assets and runbooks as JSON, for programs that read."""
