-- Whoever evaluates alerts learns which alert changed, and reads that one instead of all of its symbol.

CREATE OR REPLACE FUNCTION notify_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_notify('alerts', OLD.symbol_no || ':' || OLD.alert_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify('alerts', NEW.symbol_no || ':' || NEW.alert_id);
    END IF;
    RETURN NULL;
END $$;
