"""What there is: symbols by exchange, and whether their data is fresh."""
