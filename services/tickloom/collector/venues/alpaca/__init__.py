"""Alpaca: the market data stream and history of US stocks, API v2, as documented at docs.alpaca.markets."""
