"""What breaks: killed processes, lost answers, locked databases, hostile people."""
