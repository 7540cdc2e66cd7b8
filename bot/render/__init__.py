"""What people read: pure functions from a run, or an event, to words and Block Kit."""
