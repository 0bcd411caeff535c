"""Export rows of the attendee list."""
