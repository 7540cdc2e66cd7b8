"""What replicas share beside the records: duties that one of them has, and the word that something is due sooner."""
