"""What an author begins with: templates, and drafts made of Markdown."""
