"""Alerts of other systems, read by mapping files: those of this folder, or a team's own."""
