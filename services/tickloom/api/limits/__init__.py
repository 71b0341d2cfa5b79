"""How much a client may ask: rate, size, time. Nothing here knows what is asked."""
