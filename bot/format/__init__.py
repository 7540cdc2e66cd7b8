"""What authors write: runbooks, the catalogue, typed values, text, shell words, the ways through a runbook. Pure."""
