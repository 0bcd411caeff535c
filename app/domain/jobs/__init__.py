"""Files that take long to make: ordered on a page, made by a worker, kept for a day."""
