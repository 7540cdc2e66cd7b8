"""What the doctor looks at, a module for each part; every finding says what to do."""
