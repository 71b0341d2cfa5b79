"""Indicators: values carried from bar to bar, so that a new bar costs the same whatever the history's length.

Each module of `catalog` is one indicator: its state, its update, its outputs and where its formula comes from. Adding
a module there is all that a new indicator takes. Nothing here reads or writes anything: arrays in, arrays out.
"""
