"""The records by which files are kept true: what people say of themselves and have read, and reviews of runbooks."""
