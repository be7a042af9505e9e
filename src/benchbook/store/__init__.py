"""The only SQL and blob I/O."""
