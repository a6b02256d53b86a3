"""Search, retraining, export and report in one command."""
