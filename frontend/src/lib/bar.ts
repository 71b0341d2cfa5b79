// The bar: what one candle says, including how far it can be trusted.
// REST pages and WebSocket messages carry the same shape, so both are read here.
import { asArray, asBoolean, asNumber, asObject, asText } from "./json";

const VERDICTS = ["complete", "partial", "healed", "revised", "feed_down", "suspect"] as const;

export type Verdict = (typeof VERDICTS)[number];

interface BarFacts {
  /** Open time in Unix seconds, UTC. */
  readonly time: number;
  readonly verdict: Verdict;
  readonly revision: number;
  readonly closed: boolean;
  readonly volume: number | null;
  readonly trades: number | null;
  readonly vwap: number | null;
  /** Indicator values of the bar by key; null where the history is too short. */
  readonly values?: Values;
}

export type Values = Readonly<Record<string, number | null>>;

export interface PricedBar extends BarFacts {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** A bar without prices: the feed was down, so nobody knows what was traded. */
export interface EmptyBar extends BarFacts {
  readonly open: null;
  readonly high: null;
  readonly low: null;
  readonly close: null;
}

export type Bar = PricedBar | EmptyBar;

export function isPriced(bar: Bar): bar is PricedBar {
  return bar.open !== null;
}

/** Bars with the columns of `indicators`, which are aligned with them. */
export function parseColumns(bars: unknown, indicators: unknown): Bar[] {
  const columns = Object.entries(asObject(indicators) ?? {}).map(
    ([key, column]) => [key, asArray(column)] as const,
  );
  return asArray(bars).flatMap((raw, index) => {
    const bar = parseBar(raw);
    if (bar === null) return [];
    if (columns.length === 0) return [bar];
    const values: Record<string, number | null> = {};
    for (const [key, column] of columns) values[key] = asNumber(column[index]);
    return [{ ...bar, values }];
  });
}

export function parseBar(value: unknown): Bar | null {
  const raw = asObject(value);
  const time = asNumber(raw?.time);
  if (raw === null || time === null) return null;
  const facts: BarFacts = {
    time,
    verdict: parseVerdict(raw.verdict),
    revision: asNumber(raw.revision) ?? 0,
    closed: asBoolean(raw.closed) ?? true,
    volume: asNumber(raw.volume),
    trades: asNumber(raw.trades),
    vwap: asNumber(raw.vwap),
  };
  const [open, high, low, close] = [raw.open, raw.high, raw.low, raw.close].map(asNumber);
  if (open == null || high == null || low == null || close == null) {
    return { ...facts, open: null, high: null, low: null, close: null };
  }
  return { ...facts, open, high, low, close };
}

/** A verdict of a newer server is shown as suspect rather than passed off as complete. */
function parseVerdict(value: unknown): Verdict {
  const verdict = asText(value) ?? "complete";
  return VERDICTS.find((known) => known === verdict) ?? "suspect";
}
