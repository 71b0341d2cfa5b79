-- Deliveries: one row for each event and channel, written with the event; whoever delivers works through those that wait.

ALTER TABLE alerts ADD COLUMN signing_secret bytea;
COMMENT ON COLUMN alerts.signing_secret IS 'Key that signs WEBHOOK deliveries; shown to the owner once, when it is made';

CREATE TABLE alert_deliveries (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL,
    alert_id bigint NOT NULL,
    owner integer NOT NULL,
    channel text NOT NULL CHECK (channel IN ('WEBSOCKET', 'EMAIL', 'WEBHOOK', 'SLACK')),
    target text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
COMMENT ON COLUMN alert_deliveries.target IS 'The address or URL that the alert named when it fired; empty for WEBSOCKET';
COMMENT ON COLUMN alert_deliveries.next_attempt_at IS
    'When it is due; whoever tries sets it ahead, so that nobody else does, and it is due again if that one dies';
COMMENT ON COLUMN alert_deliveries.state IS 'dead: given up, last_error tells why; a retry makes it pending again';
CREATE INDEX alert_deliveries_due ON alert_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX alert_deliveries_by_alert ON alert_deliveries (alert_id, delivery_id DESC);
CREATE INDEX alert_deliveries_by_event ON alert_deliveries (event_id);
CREATE INDEX alert_deliveries_done ON alert_deliveries (channel, target, finished_at) WHERE state = 'delivered';
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (owner) WHERE state = 'pending' AND channel = 'WEBSOCKET';

CREATE FUNCTION notify_alert_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('alert_deliveries', '');
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_wait AFTER INSERT ON alert_deliveries
    FOR EACH STATEMENT EXECUTE FUNCTION notify_alert_deliveries();
