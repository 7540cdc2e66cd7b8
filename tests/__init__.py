"""The proof: stories, laws, snapshots, whole walks and faults."""
