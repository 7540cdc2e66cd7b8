"""The library: reading, rules, the registry."""
