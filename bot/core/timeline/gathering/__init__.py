"""Each part of a timeline, gathered as the records go by."""
