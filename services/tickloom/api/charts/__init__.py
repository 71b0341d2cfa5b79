"""Bars of one symbol, closed ones and the one that forms."""
