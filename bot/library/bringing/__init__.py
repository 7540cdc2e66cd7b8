"""What others know already, brought in: assets from lists and from Backstage, people from Slack, merged into a file."""
