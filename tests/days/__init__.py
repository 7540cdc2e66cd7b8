"""No test depends on the day: whatever asks a machine for its time is run on other days too."""
