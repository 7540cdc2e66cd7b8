"""What stays to be done when a run is over: lessons, follow-ups, and how the steps were."""
