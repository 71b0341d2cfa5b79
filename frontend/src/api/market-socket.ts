// Opening of the WebSocket of one chart. The token travels as a subprotocol: an address would
// carry it into logs and histories.
import type { Timeframe } from "@/lib/timeframe";
import { credentials } from "./client";

/** More than the eye needs; the server sends one a second unless asked. */
const UPDATES_A_SECOND = 10;

export function openMarketSocket(symbol: string, timeframe: Timeframe): WebSocket {
  const address = new URL(`/ws/${encodeURIComponent(symbol)}`, window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  address.searchParams.set("timeframe", timeframe);
  address.searchParams.set("rate", String(UPDATES_A_SECOND));
  const token = credentials.current()?.accessToken;
  return new WebSocket(address, token === undefined ? [] : ["bearer", token]);
}
