// The candles.
import {
  CandlestickSeries,
  type IChartApiBase,
  type ISeriesApi,
  type Time,
} from "lightweight-charts";
import type { Bar } from "@/lib/bar";
import type { NumberFormatter } from "@/lib/format";
import { candleItem } from "./drawn-items";
import type { Layer } from "./layer";
import type { Palette } from "./palette";

export class CandleLayer implements Layer {
  readonly series: ISeriesApi<"Candlestick">;

  constructor(
    private readonly chart: IChartApiBase<Time>,
    palette: Palette,
  ) {
    this.series = chart.addSeries(CandlestickSeries, candleColors(palette));
  }

  format(formatter: NumberFormatter, minMove: number): void {
    this.series.applyOptions({ priceFormat: { type: "custom", formatter, minMove } });
  }

  draw(bars: readonly Bar[]): void {
    this.series.setData(bars.map(candleItem));
  }

  drawTail(bars: readonly Bar[], isOlder: (bar: Bar) => boolean): void {
    for (const bar of bars) this.series.update(candleItem(bar), isOlder(bar));
  }

  applyPalette(palette: Palette): void {
    this.series.applyOptions(candleColors(palette));
  }

  remove(): void {
    this.chart.removeSeries(this.series);
  }
}

function candleColors({ rise, fall }: Palette) {
  return {
    upColor: rise,
    downColor: fall,
    wickUpColor: rise,
    wickDownColor: fall,
    borderVisible: false,
  };
}
