"""Commands that look at runbooks: as a chart, and as what changed between two versions."""
