"""The domain: symbols, trades, bars, timeframes and verdicts, as plain values.

No input or output, no clock reads, no settings: everything here is a function of its arguments.
"""
