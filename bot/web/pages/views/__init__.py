"""What each page says: from the record and the catalogue to HTML."""
