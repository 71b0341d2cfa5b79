// What the chart shows, as a request that others can repeat: an export, a curl line, a Python program.
import type { TimeRange } from "@/lib/chart-view";
import type { Timeframe } from "@/lib/timeframe";

export const FORMATS = ["csv", "json", "parquet"] as const;

export type Format = (typeof FORMATS)[number];

export const SUFFIXES: Record<Format, string> = { csv: "csv", json: "jsonl", parquet: "parquet" };

export interface Shown {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Keys of the API. */
  readonly indicators: readonly string[];
  /** Open times of the first and the last bar in view; null where there are no bars. */
  readonly range: TimeRange | null;
}

/** Query of GET /export: from the first bar in view to the last one, or everything. */
export function exportQuery({ timeframe, range }: Shown, format: Format, isAll: boolean) {
  const limits =
    isAll || range === null ? {} : { start: Math.floor(range.from), end: Math.floor(range.to) + 1 };
  return { timeframe, format, ...limits };
}

export function fileName({ symbol, timeframe }: Shown, suffix: string): string {
  return `${symbol.replace(/[^A-Za-z0-9._-]+/g, "-")}-${timeframe}.${suffix}`;
}

/** A line for a shell; the token stays out of it, as it would stay in the shell's history. */
export function curlOf(
  origin: string,
  { symbol, timeframe, indicators, range }: Shown,
  step: number,
): string {
  const bars =
    range === null ? 500 : Math.min(5000, Math.floor((range.to - range.from) / step) + 1);
  const query = new URLSearchParams({ timeframe, limit: String(bars) });
  if (range !== null) query.set("before", String(Math.floor(range.to) + 1));
  if (indicators.length > 0) query.set("indicators", indicators.join(","));
  const path = `${origin}/api/v1/charts/${encodeURIComponent(symbol).replaceAll("%3A", ":")}`;
  const address = `${path}?${query.toString().replaceAll("%2C", ",")}`;
  return `curl --header "Authorization: Bearer $TICKLOOM_TOKEN" '${address.replaceAll("'", "%27")}'`;
}

export function pythonOf(origin: string, { symbol, timeframe, indicators, range }: Shown): string {
  const arguments_ = [JSON.stringify(symbol), JSON.stringify(timeframe)];
  if (range !== null)
    arguments_.push(`start=${Math.floor(range.from)}`, `end=${Math.floor(range.to) + 1}`);
  if (indicators.length > 0) {
    arguments_.push(`indicators=(${indicators.map((key) => `${JSON.stringify(key)},`).join(" ")})`);
  }
  return [
    "# pip install 'tickloom[client]' pandas; the token is read from TICKLOOM_TOKEN",
    "from tickloom.client import Tickloom",
    "",
    `with Tickloom(${JSON.stringify(origin)}) as tickloom:`,
    `    bars = tickloom.bars(${arguments_.join(", ")})`,
    "print(bars.to_pandas())",
    "",
  ].join("\n");
}
