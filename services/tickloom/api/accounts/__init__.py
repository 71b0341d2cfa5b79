"""Who is let in: accounts, sessions, tokens. Nothing here knows market data."""
