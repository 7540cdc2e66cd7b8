"""How the process runs: its threads, its lock, its log, its web server."""
