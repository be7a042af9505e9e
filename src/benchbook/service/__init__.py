"""Use cases; the only place where store and engine meet."""
