"""A venue that speaks the chart API of Yahoo Finance as yfinance needs it: cookie, crumb, consent page and charts.

The API is not documented by Yahoo; what is served here is what yfinance 1.7 reads, for stocks of Borsa Istanbul.
"""
