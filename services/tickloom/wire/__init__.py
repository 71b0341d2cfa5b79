"""How data looks between processes: the packed trade batch, Redis names, and message shapes.

Pure encoding and decoding; nothing here opens a connection.
"""
