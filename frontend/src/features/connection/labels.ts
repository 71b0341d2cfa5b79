// The words for connection and data state. Pure, because wording with numbers deserves tests.
import type { Tone } from "@/components/StatusPill";
import type { ConnectionState, FeedStatus } from "@/lib/connection-state";
import { formatAge } from "@/lib/format";

/** A report older than this is no longer proof of anything: the line may be half open. */
const SILENCE_MS = 15_000;

export function connectionLabel(connection: ConnectionState, now: number): string {
  switch (connection.kind) {
    case "connecting":
      return "Connecting…";
    case "connected":
      return "Connected";
    case "offline":
      return "Offline";
    case "refused":
      return "Refused";
    case "reconnecting":
      return `Reconnecting in ${Math.max(0, Math.ceil((connection.retryAt - now) / 1000))} s`;
  }
}

export function feedLabel(status: FeedStatus | null, now: number): string {
  if (status === null) return "Awaiting status";
  const silence = now - status.reportedAt;
  if (status.feed === "closed") return "Market closed";
  if (silence > SILENCE_MS) return `Silent ${formatAge(silence)}`;
  if (status.feed === "down") return withAge("Feed down", ageNow(status, now));
  if (status.feed === "stale") return withAge("Stale", ageNow(status, now));
  return withAge("Live", status.ageMs);
}

export function feedTone(status: FeedStatus | null, now: number): Tone {
  if (status === null || status.feed === "closed") return "quiet";
  if (status.feed === "down") return "bad";
  const isSilent = now - status.reportedAt > SILENCE_MS;
  return status.feed === "stale" || isSilent ? "warn" : "good";
}

/** What was stale when it was reported has grown older since. */
function ageNow(status: FeedStatus, now: number): number | null {
  return status.ageMs === null ? null : status.ageMs + Math.max(0, now - status.reportedAt);
}

function withAge(word: string, ageMs: number | null): string {
  return ageMs === null ? word : `${word} · ${formatAge(ageMs)}`;
}
