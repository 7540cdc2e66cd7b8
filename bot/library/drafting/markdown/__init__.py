"""From the Markdown of an existing runbook to a draft that loads, with every guess marked."""
