"""What is at hand when the rest is gone."""
