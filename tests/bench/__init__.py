"""Benchmarks: each prints its figure, the limit measured in the same run on equal work, and their ratio."""
