-- Cancels of trades, kept by themselves: a cancel may come before the trade that it takes back.

CREATE TABLE trade_cancels (
    symbol_no integer NOT NULL,
    trade_id bigint NOT NULL,
    near timestamptz NOT NULL,
    known_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol_no, trade_id, near)
);
COMMENT ON COLUMN trade_cancels.near IS
    'Exchange time told with the cancel: it takes back the trade of that id within a day, as venues use ids again';
