"""What expires when; erasing a person."""
