// Indicator values in words, for the legend and the table.
import type { Bar } from "@/lib/bar";
import { NO_VALUE } from "@/lib/format";
import { findIndicator, type Plot } from "@/lib/indicator-catalog";

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** Prices keep two digits, small numbers six significant ones: enough to compare with a table. */
export function formatValue(value: number | null): string {
  if (value === null) return NO_VALUE;
  if (Math.abs(value) >= 1000) return GROUPED.format(value);
  return Math.abs(value) >= 1 || value === 0 ? value.toFixed(2) : value.toPrecision(4);
}

/** Titles of columns must differ: the signal of MACD is not any signal. */
export function plotTitle(plot: Plot): string {
  return PLOT_TITLES[plot.key] ?? plot.label;
}

const PLOT_TITLES: Record<string, string> = {
  bb_upper: "Bollinger upper",
  bb_middle: "Bollinger middle",
  bb_lower: "Bollinger lower",
  macd_hist: "MACD histogram",
  macd_signal: "MACD signal",
  volume_sma_20: "Volume SMA 20",
};

export function plotsOf(indicators: readonly string[]): Plot[] {
  return indicators.flatMap((id) => findIndicator(id)?.plots ?? []);
}

export function plotValue(bar: Bar | null, plot: Plot): number | null {
  return bar?.values?.[plot.key] ?? null;
}
