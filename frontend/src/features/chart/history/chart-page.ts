// One page of older bars from GET /charts.
import { api, bodyOf } from "@/api/client";
import { type Bar, parseBars } from "@/lib/bar";
import { asNumber, asObject } from "@/lib/json";
import type { Timeframe } from "@/lib/timeframe";

const PAGE_BARS = 1000;

export interface ChartPage {
  readonly bars: readonly Bar[];
  /** The `before` of the next older page; null where the history begins. */
  readonly nextBefore: number | null;
}

export type FetchChartPage = (before: number | null, signal: AbortSignal) => Promise<ChartPage>;

export function chartPageFetcher(symbol: string, timeframe: Timeframe): FetchChartPage {
  return async (before, signal) => {
    const query = { timeframe, limit: PAGE_BARS, ...(before === null ? {} : { before }) };
    const request = api.GET("/api/v1/charts/{symbol}", {
      params: { path: { symbol }, query },
      signal,
    });
    const body = asObject(await bodyOf(request));
    return { bars: parseBars(body?.bars), nextBefore: asNumber(body?.next_before) };
  };
}
