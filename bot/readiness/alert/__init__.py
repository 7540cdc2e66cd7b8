"""The record of one alert, and of what was asked of people because of alerts: what was heard, and what came of it."""
