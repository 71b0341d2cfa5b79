// Opening of the WebSocket of one chart. The token travels as a subprotocol: an address would
// carry it into logs and histories.
import type { Timeframe } from "@/lib/timeframe";
import { credentials } from "./client";

export function openMarketSocket(symbol: string, timeframe: Timeframe): WebSocket {
  const address = new URL(`/ws/${encodeURIComponent(symbol)}`, window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  address.searchParams.set("timeframe", timeframe);
  const token = credentials.current()?.accessToken;
  return new WebSocket(address, token === undefined ? [] : ["bearer", token]);
}
