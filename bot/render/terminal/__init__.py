"""A run on a terminal: the card's own words as lines, its buttons as keys, its forms as questions."""
