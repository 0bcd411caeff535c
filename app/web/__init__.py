"""Floor 3: what pages share. Languages, dates, fields, headers, errors, limits, logs."""
