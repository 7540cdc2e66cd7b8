"""Slack's Web API: one function for each method, from the arguments to the answer."""
