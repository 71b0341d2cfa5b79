"""Trades to bars: pure kernels, one loop, one commit.

The loop reads packed batches, the kernels fold them into bars, and a single transaction stores the effect
together with the stream offset. Nothing here talks to an exchange.
"""
