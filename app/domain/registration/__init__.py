"""Attendees, parties, seats and answers."""
