"""Calendar feeds as they come in: fetched every few minutes, kept, and their owners told when one is dead."""
