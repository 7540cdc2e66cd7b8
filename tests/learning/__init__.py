"""What many runs teach: times, exits, findings, replays."""
