"""The library: reading, rules, the shelf."""
