"""One record read: what it says by itself, and what other records say of it."""
