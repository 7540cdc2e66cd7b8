"""What stands in deploy/: files that others run Handrail with."""
