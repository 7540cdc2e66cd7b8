"""The pack: what is printed and kept for the night on which nothing runs."""
