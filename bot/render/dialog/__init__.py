"""What a person is asked and answered: forms, the home tab, replies to a command."""
