"""The batch jobs: the past fetched from venues, and bars compared with the venues' own candles.

They use a collector's venues and leave what depends on bars to the processor; no service may import them.
"""
