"""Floor 3: letters become mail and go out. Commits per job; no network call happens inside a transaction."""
