"""What expires when; erasing a person; the retention run."""
