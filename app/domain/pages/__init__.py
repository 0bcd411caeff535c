"""Texts of the site that an administrator may edit."""
