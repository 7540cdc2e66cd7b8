"""Pure readings of how ready a team is: what protection ran, what recovery would take, what is missing in words."""
