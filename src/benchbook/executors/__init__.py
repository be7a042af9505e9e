"""Where runs execute: here, each in a process group of its own."""
