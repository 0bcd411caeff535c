"""Floor 0: knows nothing of ours. Data base plumbing, the clock, tokens, text."""
