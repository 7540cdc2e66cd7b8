"""Text as Slack shows it: mrkdwn, dates, emoji."""
