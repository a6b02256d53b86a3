"""Published tables of accuracies."""
