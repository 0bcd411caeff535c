"""Whole stories: real server processes, a real browser, a real SMTP server."""
