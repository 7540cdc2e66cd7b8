"""What Handrail writes for people who were not there, brought to Slack."""
