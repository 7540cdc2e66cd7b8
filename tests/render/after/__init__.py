"""What people read and fill in once a run is over."""
