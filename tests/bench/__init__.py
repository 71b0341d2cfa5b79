"""Benchmarks: what the product does next to its peers, in the same run, on the same machine.

Each module prints a table and returns its figures; `scripts/bench` runs them. Nothing here asserts a time.
"""
