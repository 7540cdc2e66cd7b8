"""The small pieces under the file format: shapes, placeholders, typed values."""
