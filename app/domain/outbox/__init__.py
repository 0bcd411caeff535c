"""Letters to send: enqueue, claim, mark."""
