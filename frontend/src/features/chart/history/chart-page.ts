// One page of older bars from GET /charts.
import { api, bodyOf } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { type Bar, parseColumns } from "@/lib/bar";
import { INDICATOR_KEYS } from "@/lib/indicator-catalog";
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

export type FetchChartPage = (before: number | null, signal: AbortSignal) => Promise<ChartPage>;

export function chartPageFetcher(symbol: string, timeframe: Timeframe): FetchChartPage {
  let limit = FIRST_PAGE_BARS;
  return async (before, signal) => {
    const page = await fetchPage(symbol, { timeframe, limit, ...(before && { before }) }, signal);
    if (before !== null) limit = Math.min(LONGEST_PAGE_BARS, limit * 2);
    return page;
  };
}

interface PageQuery {
  readonly timeframe: Timeframe;
  readonly limit: number;
  readonly before?: number;
}

/** A server of an earlier release computes no indicators and refuses to be asked for them. */
let hasIndicators = true;

async function fetchPage(symbol: string, page: PageQuery, signal: AbortSignal): Promise<ChartPage> {
  const indicators = hasIndicators ? { indicators: INDICATOR_KEYS.join(",") } : {};
  const params = { path: { symbol }, query: { ...page, ...indicators } };
  try {
    const body = asObject(await bodyOf(api.GET("/api/v1/charts/{symbol}", { params, signal })));
    return {
      bars: parseColumns(body?.bars, body?.indicators),
      nextBefore: asNumber(body?.next_before),
    };
  } catch (error) {
    if (!hasIndicators || !(error instanceof ApiProblem) || error.status !== 400) throw error;
    hasIndicators = false;
    return fetchPage(symbol, page, signal);
  }
}
