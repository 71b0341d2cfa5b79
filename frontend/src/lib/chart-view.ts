// What one chart shows, in words: everything that a link or a saved layout must bring back.
// The address carries it as ?symbol&timeframe&indicators&compare&scale&from&to.
import { DEFAULT_INDICATORS, knownIndicators } from "./indicator-catalog";
import { DEFAULT_TIMEFRAME, parseTimeframe, type Timeframe } from "./timeframe";

export const SCALES = ["normal", "log", "percent", "indexed"] as const;

export type Scale = (typeof SCALES)[number];

/** Unix seconds, UTC. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export interface ChartView {
  readonly symbol: string | null;
  readonly timeframe: Timeframe;
  readonly indicators: readonly string[];
  readonly compare: readonly string[];
  readonly scale: Scale;
  /** Null follows the market. */
  readonly range: TimeRange | null;
}

export const DEFAULT_VIEW: ChartView = {
  symbol: null,
  timeframe: DEFAULT_TIMEFRAME,
  indicators: DEFAULT_INDICATORS,
  compare: [],
  scale: "normal",
  range: null,
};

/** Only what the address says; the rest of the view stays as it was. */
export function readView(search: string): Partial<ChartView> {
  const query = new URLSearchParams(search);
  const view: { -readonly [Key in keyof ChartView]?: ChartView[Key] } = {};
  const symbol = query.get("symbol");
  const timeframe = parseTimeframe(query.get("timeframe"));
  const scale = SCALES.find((known) => known === query.get("scale"));
  const range = parseRange(query);
  if (symbol) view.symbol = symbol;
  if (timeframe !== null) view.timeframe = timeframe;
  if (query.has("indicators")) view.indicators = knownIndicators(listOf(query, "indicators"));
  if (query.has("compare")) view.compare = listOf(query, "compare");
  if (scale !== undefined) view.scale = scale;
  if (range !== null) view.range = range;
  return view;
}

/** Keeps what others have put into the query; colons and commas stay readable, as the RFC allows. */
export function writeView(search: string, view: ChartView): string {
  const query = new URLSearchParams(search);
  const isDefault = String(view.indicators) === String(DEFAULT_INDICATORS);
  setOrDelete(query, "symbol", view.symbol);
  setOrDelete(query, "timeframe", view.timeframe);
  setOrDelete(query, "indicators", isDefault ? null : view.indicators.join(","));
  setOrDelete(query, "compare", view.compare.join(",") || null);
  setOrDelete(query, "scale", view.scale === "normal" ? null : view.scale);
  setOrDelete(query, "from", view.range === null ? null : String(Math.round(view.range.from)));
  setOrDelete(query, "to", view.range === null ? null : String(Math.round(view.range.to)));
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

function parseRange(query: URLSearchParams): TimeRange | null {
  const [from, to] = [query.get("from"), query.get("to")].map((text) => Number(text || Number.NaN));
  if (from === undefined || to === undefined) return null;
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null;
}

function listOf(query: URLSearchParams, key: string): string[] {
  return (query.get(key) ?? "").split(",").filter((part) => part !== "");
}

function setOrDelete(query: URLSearchParams, key: string, value: string | null): void {
  if (value === null) query.delete(key);
  else query.set(key, value);
}
