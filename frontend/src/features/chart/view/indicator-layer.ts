// One indicator: its lines or columns, over the candles or in a pane of its own.
import {
  type AutoscaleInfo,
  HistogramSeries,
  type IChartApiBase,
  type IPriceLine,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Time,
} from "lightweight-charts";
import type { Bar } from "@/lib/bar";
import { formatCompact, type NumberFormatter } from "@/lib/format";
import { type Indicator, type Plot, VOLUME_PANE } from "@/lib/indicator-catalog";
import { plotItem, volumeItem } from "./drawn-items";
import type { Layer } from "./layer";
import { type Palette, plotColor } from "./palette";

type PlotSeries = ISeriesApi<"Line"> | ISeriesApi<"Histogram">;

interface Drawn {
  readonly plot: Plot | null;
  readonly series: PlotSeries;
}

const QUIET = { priceLineVisible: false, crosshairMarkerVisible: false } as const;

export class IndicatorLayer implements Layer {
  private readonly drawn: Drawn[];
  private readonly levels: IPriceLine[];

  constructor(
    private readonly chart: IChartApiBase<Time>,
    readonly indicator: Indicator,
    private palette: Palette,
    format: NumberFormatter,
  ) {
    const paneIndex = indicator.place === "pane" ? chart.panes().length : 0;
    this.drawn = [
      ...(indicator.id === VOLUME_PANE ? [this.addVolume(paneIndex)] : []),
      ...indicator.plots.map((plot) => this.addPlot(plot, paneIndex, format)),
    ];
    if (indicator.levels !== undefined) this.keepLevelsInView(indicator.levels);
    this.levels = (indicator.levels ?? []).flatMap((price) => this.addLevel(price));
    const margins = { top: 0.14, bottom: indicator.id === VOLUME_PANE ? 0 : 0.08 };
    if (indicator.place === "pane") this.first.priceScale().applyOptions({ scaleMargins: margins });
  }

  /** The pane it is drawn in: where panes are moved and measured. */
  get pane() {
    return this.first.getPane();
  }

  private get first(): PlotSeries {
    const [first] = this.drawn;
    if (first === undefined) throw new Error(`${this.indicator.id} draws nothing.`);
    return first.series;
  }

  draw(bars: readonly Bar[]): void {
    for (const { plot, series } of this.drawn) {
      series.setData(bars.map((bar) => this.item(bar, plot)));
    }
  }

  drawTail(bars: readonly Bar[], isOlder: (bar: Bar) => boolean): void {
    for (const { plot, series } of this.drawn) {
      for (const bar of bars) series.update(this.item(bar, plot), isOlder(bar));
    }
  }

  applyPalette(palette: Palette): void {
    this.palette = palette;
    for (const { plot, series } of this.drawn) {
      if (plot !== null) series.applyOptions({ color: plotColor(palette, plot.color) });
    }
    for (const level of this.levels) level.applyOptions({ color: palette.label });
  }

  remove(): void {
    for (const { series } of this.drawn) this.chart.removeSeries(series);
  }

  private item(bar: Bar, plot: Plot | null) {
    return plot === null ? volumeItem(bar, this.palette) : plotItem(bar, plot, this.palette);
  }

  private addVolume(paneIndex: number): Drawn {
    const priceFormat = { type: "custom" as const, formatter: formatCompact, minMove: 1e-8 };
    const options = { ...QUIET, priceFormat, lastValueVisible: false };
    return { plot: null, series: this.chart.addSeries(HistogramSeries, options, paneIndex) };
  }

  private addPlot(plot: Plot, paneIndex: number, format: NumberFormatter): Drawn {
    const isPane = this.indicator.place === "pane";
    const formatter = isPane ? paneFormat(this.indicator.id) : format;
    const options = {
      ...QUIET,
      color: plotColor(this.palette, plot.color),
      lastValueVisible: isPane && this.indicator.id !== VOLUME_PANE,
      priceFormat: { type: "custom" as const, formatter, minMove: 1e-8 },
    };
    if (plot.kind === "histogram") {
      return { plot, series: this.chart.addSeries(HistogramSeries, options, paneIndex) };
    }
    const lineStyle = plot.kind === "dashed" ? LineStyle.Dashed : LineStyle.Solid;
    const line = { ...options, lineWidth: 1 as const, lineStyle };
    return { plot, series: this.chart.addSeries(LineSeries, line, paneIndex) };
  }

  /** A guide that the values never touch must still be seen. */
  private keepLevelsInView(levels: readonly number[]): void {
    this.first.applyOptions({
      autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
        const info = original();
        if (info?.priceRange == null) return info;
        const { minValue, maxValue } = info.priceRange;
        const range = {
          minValue: Math.min(minValue, ...levels),
          maxValue: Math.max(maxValue, ...levels),
        };
        return { ...info, priceRange: range };
      },
    });
  }

  private addLevel(price: number): IPriceLine {
    const color = this.palette.label;
    const style = { lineWidth: 1 as const, lineStyle: LineStyle.Dashed, axisLabelVisible: false };
    return this.first.createPriceLine({ price, color, title: "", ...style });
  }
}

/** Oscillators from 0 to 100 need two digits; differences of prices need as many as they have. */
function paneFormat(id: string): (value: number) => string {
  if (id === VOLUME_PANE) return formatCompact;
  if (id === "macd" || id === "atr") return (value) => Number(value.toPrecision(5)).toString();
  return (value) => value.toFixed(2);
}
