"""A runbook to look at before it is needed: as text, as a flowchart, as a page."""
