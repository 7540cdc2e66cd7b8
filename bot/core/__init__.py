"""The rules: pure functions over frozen data; no clock, no file, no network, no chance."""
