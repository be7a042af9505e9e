"""Whether two answers are the same: read as text, typed, compared. Nothing that a model wrote is ever run."""
