"""Redis: streams of packed batches, published updates, the chart cache and the health hash.

Names and byte layouts come from `tickloom.wire`; nothing here interprets a trade.
"""
