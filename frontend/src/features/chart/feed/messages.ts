// The messages of the chart's WebSocket, checked while they are read.
import { type Bar, parseColumns } from "@/lib/bar";
import type { FeedKind } from "@/lib/connection-state";
import { asBoolean, asNumber, asObject, asText, type JsonObject, parseJson } from "@/lib/json";

const FEED_KINDS: readonly FeedKind[] = ["live", "stale", "closed", "down"];

export type ServerMessage =
  | {
      readonly type: "initial";
      readonly bars: readonly Bar[];
      readonly seq: number | null;
      readonly simulated: boolean | null;
    }
  | { readonly type: "update"; readonly bars: readonly Bar[]; readonly seq: number | null }
  | { readonly type: "status"; readonly feed: FeedKind; readonly ageMs: number | null }
  | { readonly type: "error"; readonly code: string; readonly message: string };

/** Null for what this page does not know: a newer server may say more. */
export function parseServerMessage(text: string): ServerMessage | null {
  const raw = asObject(parseJson(text));
  switch (raw?.type) {
    case "initial":
      return { type: "initial", ...barsAndSeq(raw), simulated: asBoolean(raw.simulated) };
    case "update":
      return { type: "update", ...barsAndSeq(raw) };
    case "status":
      return parseStatus(raw);
    case "error":
      return {
        type: "error",
        code: String(raw.code ?? ""),
        message: asText(raw.message) ?? "The server reported an error.",
      };
    default:
      return null;
  }
}

function barsAndSeq(raw: JsonObject) {
  return { bars: parseColumns(raw.bars, raw.indicators), seq: asNumber(raw.seq) };
}

function parseStatus(raw: JsonObject): ServerMessage | null {
  const feed = FEED_KINDS.find((kind) => kind === raw.feed);
  return feed === undefined ? null : { type: "status", feed, ageMs: asNumber(raw.age_ms) };
}
