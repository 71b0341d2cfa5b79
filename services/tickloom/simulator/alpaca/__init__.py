"""A venue that speaks Alpaca's market data API v2: the stock stream and the REST history behind it.

docs.alpaca.markets, "WebSocket Stream", "Real-time Stock Data" and the reference of "Stock pricing data". One account,
so one connection and a limit of symbols, as on the free plan.
"""
