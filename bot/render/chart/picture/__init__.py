"""A chart drawn: boxes measured, laid out, and put into SVG, into a page, into pixels."""
