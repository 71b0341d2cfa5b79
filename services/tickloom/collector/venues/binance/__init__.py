"""Binance spot: public trade streams and REST, as documented in `binance/binance-spot-api-docs`."""
