// Translation of bars into what the chart library draws. Pure: colours come in, items go out.
import type {
  CandlestickData,
  HistogramData,
  SeriesMarker,
  Time,
  UTCTimestamp,
  WhitespaceData,
} from "lightweight-charts";
import { type Bar, isPriced } from "@/lib/bar";
import type { Plot } from "@/lib/indicator-catalog";
import type { Palette } from "./palette";

type Whitespace = WhitespaceData<UTCTimestamp>;

export type CandleItem = CandlestickData<UTCTimestamp> | Whitespace;
export type ColumnItem = HistogramData<UTCTimestamp> | Whitespace;

export function chartTime(bar: Bar): UTCTimestamp {
  return bar.time as UTCTimestamp;
}

/** A bar without prices keeps its place on the time axis and draws nothing there. */
export function candleItem(bar: Bar): CandleItem {
  const time = chartTime(bar);
  if (!isPriced(bar)) return { time };
  return { time, open: bar.open, high: bar.high, low: bar.low, close: bar.close };
}

export function volumeItem(bar: Bar, palette: Palette): ColumnItem {
  const time = chartTime(bar);
  if (!isPriced(bar) || bar.volume === null) return { time };
  const color = bar.close >= bar.open ? palette.riseSoft : palette.fallSoft;
  return { time, value: bar.volume, color };
}

/** A value that is not known yet keeps its place and draws nothing. */
export function plotItem(bar: Bar, plot: Plot, palette: Palette): ColumnItem {
  const time = chartTime(bar);
  const value = bar.values?.[plot.key] ?? null;
  if (value === null) return { time };
  if (plot.kind !== "histogram") return { time, value };
  return { time, value, color: value >= 0 ? palette.riseSoft : palette.fallSoft };
}

/** Bars that are still forming carry no mark: their verdict is not final. */
export function verdictMarker(bar: Bar, palette: Palette): SeriesMarker<Time> | null {
  if (!bar.closed || bar.verdict === "complete" || bar.verdict === "feed_down") return null;
  if (!isPriced(bar)) return null;
  const color = palette[bar.verdict];
  return { time: chartTime(bar), position: "belowBar", shape: "circle", size: 0.4, color };
}
