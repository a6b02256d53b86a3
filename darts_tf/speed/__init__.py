"""Time and memory of steps, measured."""
