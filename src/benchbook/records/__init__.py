"""What we keep: one class a noun; database row, API answer and report row in one."""
