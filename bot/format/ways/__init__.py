"""Ways through a tree of steps: what leads where, and the good ones."""
