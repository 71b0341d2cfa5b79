// The imperative wrapper around Lightweight Charts. It draws what it is told and reports what the
// reader does; it knows nothing of feeds. Each thing that is drawn is a layer of its own.
import {
  createChartEx,
  type IChartApiBase,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "@/lib/bar";
import type { Scale } from "@/lib/chart-view";
import type { NumberFormatter } from "@/lib/format";
import type { GapSpan } from "@/lib/gap-span";
import { findIndicator } from "@/lib/indicator-catalog";
import type { ChartSurface } from "../chart-session";
import { CandleLayer } from "./candle-layer";
import {
  axisOptions,
  BAR_SPACING_PIXELS,
  RIGHT_MARGIN_BARS,
  SCALE_MODES,
  themeOptions,
} from "./chart-options";
import { CompareLayer } from "./compare-layer";
import { IndicatorLayer } from "./indicator-layer";
import type { Layer } from "./layer";
import { dragLines } from "./line-dragging";
import { type HorizontalLine, LineLayer } from "./line-layer";
import { type Palette, readPalette } from "./palette";
import { type PaneBox, PaneStack, type Shares } from "./pane-stack";
import { type ChartEvents, reportReader } from "./reader-events";
import { TruthLayer } from "./truth-layer";
import { ViewControl } from "./view-control";
import { ZonedAxis } from "./zoned-axis";

export class CandleChart implements ChartSurface {
  readonly view: ViewControl;
  readonly chart: IChartApiBase<Time>;
  private readonly axis = new ZonedAxis();
  private readonly candles: CandleLayer;
  private readonly truth: TruthLayer;
  private readonly lines: LineLayer;
  private readonly panes: PaneStack;
  private readonly compared = new Set<CompareLayer>();
  private readonly stops: (() => void)[];
  private indicators: IndicatorLayer[] = [];
  private palette: Palette;
  private drawn: readonly Bar[] = [];
  private lastTime = Number.NEGATIVE_INFINITY;
  private format: NumberFormatter = String;
  private isPlaced = false;

  constructor(
    private readonly container: HTMLElement,
    private readonly events: ChartEvents,
  ) {
    this.palette = readPalette(container);
    this.chart = createChartEx(container, this.axis.behavior, axisOptions(this.axis));
    this.chart.applyOptions(themeOptions(this.palette));
    this.candles = new CandleLayer(this.chart, this.palette);
    this.truth = new TruthLayer(this.candles.series, this.palette);
    this.lines = new LineLayer(this.candles.series, this.palette);
    this.panes = new PaneStack(this.chart, () => this.publishLayout());
    this.view = new ViewControl(this.chart);
    this.stops = [
      reportReader(this.chart, this.candles.series, events, () => this.isPlaced),
      this.enableDragging(),
    ];
    this.chart.timeScale().subscribeSizeChange(() => this.publishLayout());
  }

  /** Forgets the bars and the place of the reader: the next ones belong to another market. */
  clear(format: NumberFormatter, minimumMove: number): void {
    this.format = format;
    this.candles.format(format, minimumMove);
    this.candles.series.priceScale().setAutoScale(true);
    this.isPlaced = false;
    this.draw([]);
  }

  draw(bars: readonly Bar[]): void {
    this.drawn = bars;
    this.lastTime = bars.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    for (const layer of this.layers()) layer.draw(bars);
    if (!this.isPlaced && bars.length > 0) this.placeAtLatest();
  }

  drawTail(bars: readonly Bar[]): void {
    const last = this.lastTime;
    const isOlder = ({ time }: Bar) => time < last;
    for (const layer of this.layers()) layer.drawTail(bars, isOlder);
    this.lastTime = Math.max(last, bars.at(-1)?.time ?? last);
  }

  showIndicators(ids: readonly string[], shares: Shares): void {
    const kept = new Map(this.indicators.map((layer) => [layer.indicator.id, layer]));
    for (const [id, layer] of kept) if (!ids.includes(id)) layer.remove();
    this.indicators = ids.flatMap((id) => kept.get(id) ?? this.newIndicator(id) ?? []);
    this.panes.arrange(this.indicators, shares);
  }

  showTruth(gaps: readonly GapSpan[], isShown: boolean): void {
    this.truth.show(gaps, isShown);
  }

  showLines(lines: readonly HorizontalLine[]): void {
    this.lines.show(lines);
  }

  showZone(zone: string): void {
    if (this.axis.zone === zone) return;
    this.axis.zone = zone;
    // The weights of the axis are computed only for times that are new to it.
    const place = this.chart.timeScale().getVisibleLogicalRange();
    const { drawn } = this;
    this.draw([]);
    this.draw(drawn);
    if (place !== null) this.chart.timeScale().setVisibleLogicalRange(place);
  }

  setScale(scale: Scale): void {
    this.candles.series.priceScale().applyOptions({ mode: SCALE_MODES[scale] });
  }

  setAutoScale(isAuto: boolean): void {
    this.candles.series.priceScale().applyOptions({ autoScale: isAuto });
  }

  addCompared(title: string): CompareLayer {
    const layer = new CompareLayer(this.chart, title, this.compared.size, this.palette);
    this.compared.add(layer);
    return layer;
  }

  removeCompared(layer: CompareLayer): void {
    if (this.compared.delete(layer)) layer.remove();
  }

  showCrosshair(time: number | null, price: number | null): void {
    if (time === null || price === null) this.chart.clearCrosshairPosition();
    else this.chart.setCrosshairPosition(price, time as UTCTimestamp, this.candles.series);
  }

  paneBoxes(): PaneBox[] {
    return this.panes.boxes(this.container);
  }

  paneShares(): Record<string, number> {
    return this.panes.shares();
  }

  applyColorScheme(): void {
    this.palette = readPalette(this.container);
    this.chart.applyOptions(themeOptions(this.palette));
    for (const layer of this.layers()) layer.applyPalette(this.palette);
    for (const layer of this.compared) layer.applyPalette(this.palette);
    this.lines.applyPalette(this.palette);
    this.draw(this.drawn);
  }

  remove(): void {
    for (const stop of this.stops) stop();
    this.panes.remove();
    this.chart.remove();
  }

  private layers(): Layer[] {
    return [this.candles, ...this.indicators, this.truth];
  }

  private newIndicator(id: string): IndicatorLayer | null {
    const indicator = findIndicator(id);
    if (indicator === undefined) return null;
    const layer = new IndicatorLayer(this.chart, indicator, this.palette, this.format);
    layer.draw(this.drawn);
    return layer;
  }

  private placeAtLatest(): void {
    this.chart.timeScale().applyOptions({ barSpacing: BAR_SPACING_PIXELS });
    this.chart.timeScale().scrollToPosition(RIGHT_MARGIN_BARS, false);
    this.isPlaced = true;
  }

  private enableDragging(): () => void {
    return dragLines(this.container, {
      lineAt: (y) => this.lines.at(y),
      priceAt: (y) => this.candles.series.coordinateToPrice(y),
      preview: (id, price) => this.lines.preview(id, price),
      drop: (id, price) => this.events.onMoveLine(id, price),
    });
  }

  /** Buttons over the chart keep clear of the axis, whose width depends on the price. */
  private publishLayout(): void {
    const width = this.chart.priceScale("right").width();
    this.container.parentElement?.style.setProperty("--price-axis-width", `${width}px`);
    this.events.onLayout();
  }
}
