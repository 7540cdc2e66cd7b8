"""Who is on call, and who is told when."""
