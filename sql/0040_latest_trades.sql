-- Where a collector of a venue without contiguous trade ids goes on after a restart.

ALTER TABLE stream_offsets ADD COLUMN latest_trade_us bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN stream_offsets.latest_trade_us IS
    'Exchange time (microseconds since 1970) of the latest trade of each symbol in symbol_nos; of use where ids are not contiguous, and last_trade_ids then hold -1';
