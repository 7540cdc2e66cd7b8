"""Changes to the rules that a test has to notice: `make mutants`."""
