"""The local Slack workspace: its wire, its rules, its page."""
