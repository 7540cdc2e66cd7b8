"""The runbooks and the catalogue of a folder: read, checked, kept at hand."""
