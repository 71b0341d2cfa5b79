// Another symbol as a line over the candles, on the same percent scale.
import { type IChartApiBase, type ISeriesApi, LineSeries, type Time } from "lightweight-charts";
import type { Bar } from "@/lib/bar";
import type { ChartSurface } from "../chart-session";
import { COMPARE_COLORS } from "./compare-colors";
import { chartTime } from "./drawn-items";
import { type Palette, plotColor } from "./palette";

export class CompareLayer implements ChartSurface {
  private readonly series: ISeriesApi<"Line">;

  constructor(
    private readonly chart: IChartApiBase<Time>,
    title: string,
    private readonly index: number,
    palette: Palette,
  ) {
    const options = { title, lineWidth: 2 as const, priceLineVisible: false };
    this.series = chart.addSeries(LineSeries, { ...options, color: this.colorIn(palette) });
  }

  draw(bars: readonly Bar[]): void {
    this.series.setData(bars.map(closeItem));
  }

  drawTail(bars: readonly Bar[]): void {
    const last = Number(this.series.data().at(-1)?.time ?? Number.NEGATIVE_INFINITY);
    for (const bar of bars) this.series.update(closeItem(bar), bar.time < last);
  }

  applyPalette(palette: Palette): void {
    this.series.applyOptions({ color: this.colorIn(palette) });
  }

  remove(): void {
    this.chart.removeSeries(this.series);
  }

  private colorIn(palette: Palette): string {
    return plotColor(palette, COMPARE_COLORS[this.index % COMPARE_COLORS.length] ?? "two");
  }
}

function closeItem(bar: Bar) {
  const time = chartTime(bar);
  return bar.close === null ? { time } : { time, value: bar.close };
}
