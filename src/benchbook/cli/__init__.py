"""The terminal: one thin file a noun."""
