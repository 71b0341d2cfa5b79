// The address says what is on the screen, so that a view can be shared and survives a reload.
import { parseTimeframe, type Timeframe } from "@/lib/timeframe";

export interface MarketChoice {
  readonly symbol: string | null;
  readonly timeframe: Timeframe | null;
}

export function readMarketChoice(search: string): MarketChoice {
  const query = new URLSearchParams(search);
  return {
    symbol: query.get("symbol") || null,
    timeframe: parseTimeframe(query.get("timeframe")),
  };
}

/** Keeps what others have put into the query; a colon stays readable, as the RFC allows. */
export function writeMarketChoice(search: string, choice: MarketChoice): string {
  const query = new URLSearchParams(search);
  setOrDelete(query, "symbol", choice.symbol);
  setOrDelete(query, "timeframe", choice.timeframe);
  const text = query.toString().replaceAll("%3A", ":");
  return text === "" ? "" : `?${text}`;
}

function setOrDelete(query: URLSearchParams, key: string, value: string | null): void {
  if (value === null) query.delete(key);
  else query.set(key, value);
}
