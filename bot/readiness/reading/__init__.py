"""The record of one thing that hands look at again and again, because the catalogue asks them to."""
