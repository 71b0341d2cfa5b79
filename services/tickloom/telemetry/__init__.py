"""Logs, metrics and probes of every process, so that their names are decided in one place."""
