"""Floor 1: what is true. No Flask, no clock, no commit."""
