"""How runs are carried out. Knows no database and no web."""
