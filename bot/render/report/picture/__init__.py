"""A run as a picture: a bar in time for each phase and person, and what happened on it."""
