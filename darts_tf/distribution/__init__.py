"""Strategies, replicas, workers, and the batches that each of them sees."""
