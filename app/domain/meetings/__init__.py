"""Series, meetings, programme."""
