"""Who came: check-in at the door, its undo, several doors at once, scans that waited for a connection."""
