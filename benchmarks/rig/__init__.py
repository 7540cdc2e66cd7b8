"""What the benchmarks stand on: processes, a Slack that answers at once, and somebody who presses buttons."""
