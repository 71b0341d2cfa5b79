// How old the shown market data is, as the platform reports it.
import { StatusPill } from "@/components/StatusPill";
import type { ConnectionState, FeedStatus } from "@/lib/connection-state";
import { useNow } from "@/lib/use-now";
import { feedLabel, feedTone } from "./labels";

interface Props {
  readonly status: FeedStatus | null;
  readonly connection: ConnectionState;
}

export function FeedStatusPill({ status, connection }: Props) {
  const now = useNow(1000);
  // Without a line to the server its last report is history.
  if (connection.kind !== "connected") return null;
  return (
    <StatusPill tone={feedTone(status, now)} testId="feed-state" label="Market data">
      {feedLabel(status, now)}
    </StatusPill>
  );
}
