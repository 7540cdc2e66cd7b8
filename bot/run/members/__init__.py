"""Who is of a run now: those whom its start pinned, and what changed about them since."""
