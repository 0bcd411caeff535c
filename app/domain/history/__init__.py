"""Who did what to which thing; append-only, ids and no names."""
