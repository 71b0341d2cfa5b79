-- Indexes for whoever asks what happened to a symbol's bars: its gaps by time, and the bars that were revised.

CREATE INDEX gaps_by_time ON gaps (from_time DESC, symbol_no DESC, gap_no DESC);
CREATE INDEX gaps_of_symbol ON gaps (symbol_no, from_time DESC, gap_no DESC);
CREATE INDEX candles_revised ON candles (symbol_no, timeframe, time DESC) WHERE revision > 0;
