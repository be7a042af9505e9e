"""What comes in: frozen, strict values. YAML, command-line flags and HTTP bodies become these."""
