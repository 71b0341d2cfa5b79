// The page's own line to the server, in words, with a countdown while it is away.
import { StatusPill, type Tone } from "@/components/StatusPill";
import type { ConnectionState } from "@/lib/connection-state";
import { useNow } from "@/lib/use-now";
import { connectionLabel } from "./labels";

const TONES: Record<ConnectionState["kind"], Tone> = {
  connecting: "quiet",
  connected: "good",
  reconnecting: "warn",
  offline: "bad",
  refused: "bad",
};

interface Props {
  readonly connection: ConnectionState;
  readonly onRetry: () => void;
}

export function ConnectionStatus({ connection, onRetry }: Props) {
  const now = useNow(500);
  const isAway = connection.kind === "reconnecting";
  return (
    <span className="flex items-center gap-2">
      <StatusPill tone={TONES[connection.kind]} testId="connection-state" label="Connection">
        {connectionLabel(connection, now)}
      </StatusPill>
      {isAway && (
        <button type="button" className="button" onClick={onRetry}>
          Retry now
        </button>
      )}
      {/* Spoken once for each change; the countdown itself would never stop talking. */}
      <span role="status" className="sr-only">
        {isAway ? "Connection lost, reconnecting" : connectionLabel(connection, now)}
      </span>
    </span>
  );
}
