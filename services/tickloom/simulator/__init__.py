"""Venue servers that speak the exchanges' real protocols, from recordings or a generator.

Only the simulator may know that data is simulated; the code that connects to it must not.
"""
