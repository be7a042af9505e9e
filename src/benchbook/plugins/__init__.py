"""The particular: every runtime, reader, solver, scorer, sandbox and task, through the door that is open to all."""
