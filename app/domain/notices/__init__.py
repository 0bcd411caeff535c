"""Notices to organisers: what history says, told to each as they chose, at once or once a day."""
