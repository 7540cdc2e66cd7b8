"""Commands for authors: begin a file, bring one along, give editors its schema, rehearse it."""
