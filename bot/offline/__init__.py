"""What is at hand when the rest is gone: copies of the open runs, and a printable copy of everything."""
