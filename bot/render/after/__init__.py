"""What people read and fill in once a run is over: lessons, follow-ups, and the two questions."""
