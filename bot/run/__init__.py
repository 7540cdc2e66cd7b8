"""The run: what is asked, what happened, and where that leaves it. Pure: no clock, no file, no network, no chance."""
