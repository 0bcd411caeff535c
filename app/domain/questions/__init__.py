"""Questions that organisers add to the form: of a series, and of one meeting."""
