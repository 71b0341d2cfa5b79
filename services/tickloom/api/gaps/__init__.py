"""The gap ledger: what was missed, and what became of it."""
