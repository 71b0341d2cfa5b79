// Translation of bars into what the chart library draws. Pure: colours come in, items go out.
import type {
  CandlestickData,
  HistogramData,
  SeriesMarker,
  UTCTimestamp,
  WhitespaceData,
} from "lightweight-charts";
import { type Bar, isPriced } from "@/lib/bar";
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

/** A shaded column over the whole height where the feed was down: absence is shown, not hidden. */
export function gapItem(bar: Bar, palette: Palette): ColumnItem {
  const time = chartTime(bar);
  return isPriced(bar) ? { time } : { time, value: 1, color: palette.gap };
}

/** Bars that are still forming carry no mark: their verdict is not final. */
export function verdictMarker(bar: Bar, palette: Palette): SeriesMarker<UTCTimestamp> | null {
  if (!bar.closed || bar.verdict === "complete" || bar.verdict === "feed_down") return null;
  if (!isPriced(bar)) return null;
  const color = palette[bar.verdict];
  return { time: chartTime(bar), position: "belowBar", shape: "circle", size: 0.4, color };
}
