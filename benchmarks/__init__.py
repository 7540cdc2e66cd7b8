"""How fast and how sturdy, against floors measured in the same run: `python -m benchmarks [name …]`."""
