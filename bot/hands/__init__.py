"""Hands: what executes commands, within what `hands.yaml` allows; it knows no rules of a run and no Slack."""
