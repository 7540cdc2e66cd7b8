"""What many runs teach of a runbook: how long its steps take, which exits were walked, where people strayed. Pure."""
