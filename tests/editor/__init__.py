"""What a real editor says of the files: the YAML language server that editors use, from npm."""
