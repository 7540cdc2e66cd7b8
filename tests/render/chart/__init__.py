"""What is to be seen of a runbook before it is walked."""
