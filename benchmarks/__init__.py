"""Measurements. Each module has a `main() -> bool`: it prints what it saw, and gives whether figures hold."""
