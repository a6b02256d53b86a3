"""Work directories: atomic files, checkpoints, configurations."""
