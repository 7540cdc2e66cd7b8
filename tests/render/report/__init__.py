"""Reports: every record told, in every format, and nothing foreign that breaks out."""
