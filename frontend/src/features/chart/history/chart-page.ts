// One page of older bars from GET /charts.
import { api, bodyOf } from "@/api/client";
import { type Bar, parseColumns } from "@/lib/bar";
import { asNumber, asObject } from "@/lib/json";
import type { Timeframe } from "@/lib/timeframe";

/** The first page comes quickly; a reader who goes on scrolling gets longer ones. */
const FIRST_PAGE_BARS = 1000;
const LONGEST_PAGE_BARS = 5000;

export interface ChartPage {
  readonly bars: readonly Bar[];
  /** The `before` of the next older page; null where the history begins. */
  readonly nextBefore: number | null;
}

/** `indicators` are the keys to ask for. A server of an earlier release refuses to be asked for any. */
export type FetchChartPage = (
  before: number | null,
  indicators: readonly string[],
  signal: AbortSignal,
) => Promise<ChartPage>;

export function chartPageFetcher(symbol: string, timeframe: Timeframe): FetchChartPage {
  let limit = FIRST_PAGE_BARS;
  return async (before, indicators, signal) => {
    const place = before === null ? {} : { before };
    const named = indicators.length === 0 ? {} : { indicators: indicators.join(",") };
    const query = { timeframe, limit, ...place, ...named };
    const params = { path: { symbol }, query };
    const body = asObject(await bodyOf(api.GET("/api/v1/charts/{symbol}", { params, signal })));
    if (before !== null) limit = Math.min(LONGEST_PAGE_BARS, limit * 2);
    return {
      bars: parseColumns(body?.bars, body?.indicators),
      nextBefore: asNumber(body?.next_before),
    };
  };
}
