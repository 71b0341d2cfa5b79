"""Tickloom: market data you can trust.

The data flows `collector` -> `bus` -> `processor` -> `store` -> `api`; `local` runs all of it on one machine.
Nothing may live in this module: names are imported from the package that owns them.
"""
