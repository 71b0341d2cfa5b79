"""Our bars beside the exchange's own candles: every value that differs, with both."""
