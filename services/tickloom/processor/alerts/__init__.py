"""Alerts: armed conditions beside the state, judged by what batches and commits led to.

Definitions come from the store, fired events go back to it in the commit. Nothing here delivers anything, and nothing
here decides which trades are good: that is the work of `screening`.
"""
