"""Two versions of a runbook side by side: what changed in the procedure, in words a reviewer can use."""
