"""From the text of a file to models, with a place for everything that is wrong."""
