"""Answers that calendars send back by mail: what was read, what was decided, and what is kept for review."""
