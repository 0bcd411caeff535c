"""One letter to many: its draft, whom it goes to, sending, stopping, and who wants no news."""
