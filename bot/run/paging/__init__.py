"""Who is called when nobody answers: the pages of a run, and what is due next."""
