"""A page as people read it: why they are called, what is asked of them, and how it stands by now."""
