"""Floor 3: lists and badges as PDF. Plain data and translated words come in, bytes go out."""
