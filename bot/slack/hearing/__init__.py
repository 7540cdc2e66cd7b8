"""What people type and click: presses, forms, commands and shortcuts, each heard and answered."""
