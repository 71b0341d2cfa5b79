-- Alerts: conditions that users set, and the events in which they fired. The processor evaluates, the API delivers.

CREATE TABLE alerts (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner integer NOT NULL REFERENCES users (user_no) ON DELETE CASCADE,
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    condition text NOT NULL CHECK (condition IN
        ('PRICE_ABOVE', 'PRICE_BELOW', 'RSI_ABOVE', 'RSI_BELOW', 'MACD_CROSSOVER', 'VOLUME_SPIKE')),
    threshold double precision,
    timeframe smallint NOT NULL DEFAULT 1 CHECK (timeframe IN (1, 5, 15, 60, 240, 1440)),
    channels text[] NOT NULL DEFAULT '{WEBSOCKET}'
        CHECK (channels <@ ARRAY['WEBSOCKET', 'EMAIL', 'WEBHOOK', 'SLACK'] AND cardinality(channels) > 0),
    targets jsonb NOT NULL DEFAULT '{}',
    message text NOT NULL DEFAULT '' CHECK (length(message) <= 500),
    cooldown_seconds integer NOT NULL DEFAULT 60 CHECK (cooldown_seconds >= 0),
    recurring boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    armed boolean NOT NULL DEFAULT true,
    fired_count bigint NOT NULL DEFAULT 0,
    last_fired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (condition = 'MACD_CROSSOVER' OR threshold IS NOT NULL)
);
COMMENT ON COLUMN alerts.threshold IS
    'A price; an RSI of 0 to 100; for VOLUME_SPIKE the multiple of the 20-bar average; unused for MACD_CROSSOVER';
COMMENT ON COLUMN alerts.timeframe IS 'Bar in minutes that RSI, MACD and volume are taken from; prices are judged at every trade';
COMMENT ON COLUMN alerts.targets IS 'Where a channel delivers to, by channel, as {"WEBHOOK": "https://…"}';
COMMENT ON COLUMN alerts.armed IS 'false once a one-time alert has fired; set it to true to use the alert again';
COMMENT ON COLUMN alerts.last_fired_at IS 'Exchange time of the latest event; the cooldown counts from it';
CREATE INDEX alerts_armed ON alerts (symbol_no) WHERE enabled AND armed;
CREATE INDEX alerts_by_owner ON alerts (owner, alert_id);

CREATE TABLE alert_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    alert_id bigint NOT NULL,
    owner integer NOT NULL,
    symbol_no integer NOT NULL,
    condition text NOT NULL,
    threshold double precision,
    timeframe smallint NOT NULL,
    value double precision NOT NULL,
    price double precision,
    fired_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, fired_at)
);
COMMENT ON COLUMN alert_events.value IS 'What met the condition: the price, the RSI, the MACD histogram, or the multiple of the volume';
COMMENT ON COLUMN alert_events.fired_at IS 'Exchange time of the trade or of the end of the bar';
CREATE INDEX alert_events_by_alert ON alert_events (alert_id, event_id DESC);
CREATE INDEX alert_events_by_owner ON alert_events (owner, event_id DESC);

-- Whoever evaluates alerts reads those of a symbol again when their definitions change; firing is not a definition.
CREATE FUNCTION notify_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_notify('alerts', OLD.symbol_no::text);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify('alerts', NEW.symbol_no::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER alerts_defined
    AFTER INSERT OR DELETE OR UPDATE OF symbol_no, condition, threshold, timeframe, cooldown_seconds, recurring, enabled, updated_at
    ON alerts FOR EACH ROW EXECUTE FUNCTION notify_alerts();

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('alert_events', 'fired_at', chunk_time_interval => interval '30 days');
    END IF;
END $$;
