"""ML features: what a model may know when a bar closes, computed once for training and for live use.

Definitions are data (`v1`), formulas are compiled (`formulas`), and both see only the bar and what lies before it.
Nothing here reads or writes anything.
"""
