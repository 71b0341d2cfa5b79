"""Scores of a symbol over time, and what the checks found."""
