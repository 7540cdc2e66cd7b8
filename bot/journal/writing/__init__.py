"""How writing is done: statements as one database spells them, and writers in a line."""
