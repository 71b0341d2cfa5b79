"""Yahoo Finance through yfinance: minutes of Borsa Istanbul and other markets, told late."""
