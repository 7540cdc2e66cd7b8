"""What happens in runs without anybody asking: what is due, and errands between two runs."""
