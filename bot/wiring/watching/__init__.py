"""Who watches the watcher: duties that one replica has, the audit of each minute, the heartbeat, what is counted."""
