// The symbols the platform watches, as GET /symbols lists them.
import { queryOptions } from "@tanstack/react-query";
import { asArray, asBoolean, asNumber, asObject, asText } from "@/lib/json";
import { parseTimeframe, TIMEFRAMES, type Timeframe } from "@/lib/timeframe";
import { api, bodyOf } from "./client";

/** Freshness changes without any event that reaches this list, so it is asked for again. */
const REFRESH_MS = 30_000;

export interface WatchedSymbol {
  readonly id: string;
  readonly symbol: string;
  readonly exchange: string;
  readonly timeframes: readonly Timeframe[];
  readonly priceStep: number | null;
  readonly sizeStep: number | null;
  readonly fresh: boolean | null;
  /** From 0 to 1. */
  readonly qualityScore: number | null;
}

export interface WatchedExchange {
  readonly exchange: string;
  readonly marketOpen: boolean | null;
  readonly simulated: boolean;
  readonly symbols: readonly WatchedSymbol[];
}

export const symbolsQuery = queryOptions({
  queryKey: ["symbols"],
  queryFn: async () => parseExchanges(await bodyOf(api.GET("/api/v1/symbols"))),
  refetchInterval: REFRESH_MS,
});

export function parseExchanges(body: unknown): WatchedExchange[] {
  return asArray(asObject(body)?.exchanges)
    .map(parseExchange)
    .filter((exchange) => exchange !== null);
}

function parseExchange(value: unknown): WatchedExchange | null {
  const raw = asObject(value);
  const exchange = asText(raw?.exchange);
  if (raw === null || exchange === null) return null;
  return {
    exchange,
    marketOpen: asBoolean(raw.market_open),
    simulated: asBoolean(raw.simulated) ?? false,
    symbols: asArray(raw.symbols)
      .map((symbol) => parseSymbol(symbol, exchange))
      .filter((symbol) => symbol !== null),
  };
}

function parseSymbol(value: unknown, exchange: string): WatchedSymbol | null {
  const raw = asObject(value);
  const id = asText(raw?.id);
  if (raw === null || id === null) return null;
  const timeframes = asArray(raw.timeframes)
    .map((timeframe) => parseTimeframe(asText(timeframe)))
    .filter((timeframe) => timeframe !== null);
  return {
    id,
    exchange,
    symbol: asText(raw.symbol) ?? id,
    timeframes: timeframes.length > 0 ? timeframes : TIMEFRAMES,
    priceStep: asNumber(raw.price_step),
    sizeStep: asNumber(raw.size_step),
    fresh: asBoolean(raw.fresh),
    qualityScore: asNumber(raw.quality_score),
  };
}

/** By id, or by the bare symbol where only one exchange has it, as the API does. */
export function findSymbol(
  exchanges: readonly WatchedExchange[],
  name: string,
): WatchedSymbol | null {
  const symbols = exchanges.flatMap((exchange) => exchange.symbols);
  const byBareSymbol = symbols.filter(({ symbol }) => symbol === name);
  const unique = byBareSymbol.length === 1 ? byBareSymbol[0] : undefined;
  return symbols.find(({ id }) => id === name) ?? unique ?? null;
}

export function filterExchanges(exchanges: readonly WatchedExchange[], text: string) {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return exchanges;
  return exchanges
    .map((exchange) => ({
      ...exchange,
      symbols: exchange.symbols.filter(({ id }) => id.toLowerCase().includes(wanted)),
    }))
    .filter(({ symbols }) => symbols.length > 0);
}
