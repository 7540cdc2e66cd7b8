"""What people read, snapshot by snapshot."""
