"""A Slack workspace on one's own machine: Web API, Socket Mode, signed HTTP, and a page to click in."""
