"""What whoever runs Handrail looks after: who may read by a token, and how long words are kept."""
