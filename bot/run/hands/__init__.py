"""What Handrail does by itself in a run: its events, the state they make, the rules, and what is wanted next."""
