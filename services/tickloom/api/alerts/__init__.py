"""Alerts of the user who asks: definitions and what they led to. Nothing here evaluates a condition."""
