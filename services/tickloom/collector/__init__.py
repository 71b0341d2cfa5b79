"""Sockets in: connects to a venue, decodes its trades, heals its gaps, and appends packed batches to Redis.

No bar is built here, and no venue's name may appear outside `venues/`.
"""
