"""Memory, processes and their times."""
