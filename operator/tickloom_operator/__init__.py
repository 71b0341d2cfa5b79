"""Symbols in, collectors out: makes the cluster and the catalog what `Symbol` and `Exchange` resources say.

Level-triggered: whatever happens only says which exchange to look at; what to do follows from what is. Of `tickloom`
it may import settings, market, store, bus and telemetry, and nothing that collects, processes or serves.
"""
