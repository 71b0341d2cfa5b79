// The imperative wrapper around Lightweight Charts: candles above, volume below, gaps behind.
// It draws what it is told and reports what the reader does; it knows nothing of feeds.
import {
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Bar } from "@/lib/bar";
import { formatCompact, formatTime, type NumberFormatter } from "@/lib/format";
import type { ChartSurface } from "../chart-session";
import { candleItem, gapItem, verdictMarker, volumeItem } from "./drawn-items";
import { type Palette, readPalette } from "./palette";

/** Wide enough to tell a body from a wick, on a phone as on a desk. */
const BAR_SPACING_PIXELS = 9;
const RIGHT_MARGIN_BARS = 6;

export interface ChartEvents {
  onScroll(barsBefore: number, isAtLatest: boolean): void;
  onHover(time: number | null): void;
}

export class CandleChart implements ChartSurface {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly gaps: ISeriesApi<"Histogram">;
  private readonly markers: ISeriesMarkersPluginApi<UTCTimestamp>;
  private marks = new Map<number, SeriesMarker<UTCTimestamp>>();
  private palette: Palette;
  private drawn: readonly Bar[] = [];
  private isPlaced = false;

  constructor(
    private readonly container: HTMLElement,
    private readonly events: ChartEvents,
  ) {
    this.palette = readPalette(container);
    this.chart = createChart(container, { autoSize: true, ...themeOptions(this.palette) });
    this.gaps = this.chart.addSeries(HistogramSeries, GAP_OPTIONS);
    this.gaps.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 } });
    this.candles = this.chart.addSeries(CandlestickSeries, candleColors(this.palette));
    this.volume = this.chart.addSeries(HistogramSeries, VOLUME_OPTIONS, 1);
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0 } });
    this.markers = createSeriesMarkers(this.candles as ISeriesApi<"Candlestick", UTCTimestamp>, []);
    const [pricePane, volumePane] = this.chart.panes();
    pricePane?.setStretchFactor(4);
    volumePane?.setStretchFactor(1);
    this.reportReader();
  }

  /** Forgets the bars and the place of the reader: the next ones belong to another market. */
  clear(format: NumberFormatter, minimumMove: number): void {
    const priceFormat = { type: "custom" as const, formatter: format, minMove: minimumMove };
    this.candles.applyOptions({ priceFormat });
    this.candles.priceScale().setAutoScale(true);
    this.isPlaced = false;
    this.draw([]);
  }

  draw(bars: readonly Bar[]): void {
    this.drawn = bars;
    this.candles.setData(bars.map(candleItem));
    this.volume.setData(bars.map((bar) => volumeItem(bar, this.palette)));
    this.gaps.setData(bars.map((bar) => gapItem(bar, this.palette)));
    this.marks = new Map();
    for (const bar of bars) this.mark(bar);
    this.markers.setMarkers([...this.marks.values()]);
    if (!this.isPlaced && bars.length > 0) this.placeAtLatest();
  }

  drawTail(bars: readonly Bar[]): void {
    const changedMarks = bars.filter((bar) => this.mark(bar)).length;
    for (const bar of bars) {
      this.candles.update(candleItem(bar));
      this.volume.update(volumeItem(bar, this.palette));
      this.gaps.update(gapItem(bar, this.palette));
    }
    if (changedMarks > 0) this.markers.setMarkers([...this.marks.values()]);
  }

  applyColorScheme(): void {
    this.palette = readPalette(this.container);
    this.chart.applyOptions(themeOptions(this.palette));
    this.candles.applyOptions(candleColors(this.palette));
    this.draw(this.drawn);
  }

  scrollToLatest(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  remove(): void {
    this.chart.remove();
  }

  private placeAtLatest(): void {
    this.chart.timeScale().applyOptions({ barSpacing: BAR_SPACING_PIXELS });
    this.chart.timeScale().scrollToPosition(RIGHT_MARGIN_BARS, false);
    this.isPlaced = true;
  }

  /** Whether the mark of the bar changed. */
  private mark(bar: Bar): boolean {
    const had = this.marks.delete(bar.time);
    const marker = verdictMarker(bar, this.palette);
    if (marker !== null) this.marks.set(bar.time, marker);
    return had || marker !== null;
  }

  /** Buttons over the chart keep clear of the axis, whose width depends on the price. */
  private publishAxisWidth(): void {
    const width = this.chart.priceScale("right").width();
    this.container.parentElement?.style.setProperty("--price-axis-width", `${width}px`);
  }

  private reportReader(): void {
    this.chart.timeScale().subscribeSizeChange(() => this.publishAxisWidth());
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      const around = range === null ? null : this.candles.barsInLogicalRange(range);
      if (around === null || !this.isPlaced) return;
      this.events.onScroll(around.barsBefore, around.barsAfter < 1);
    });
    this.chart.subscribeCrosshairMove(({ time }) => {
      this.events.onHover(typeof time === "number" ? time : null);
    });
  }
}

const GAP_OPTIONS = {
  priceScaleId: "gaps",
  priceLineVisible: false,
  lastValueVisible: false,
} as const;

const VOLUME_OPTIONS = {
  priceFormat: { type: "custom", formatter: formatCompact, minMove: 1e-8 },
  priceLineVisible: false,
  lastValueVisible: false,
} as const;

function candleColors({ rise, fall }: Palette) {
  return {
    upColor: rise,
    downColor: fall,
    wickUpColor: rise,
    wickDownColor: fall,
    borderVisible: false,
  };
}

function themeOptions({ panel, muted, line, grid, label }: Palette) {
  const crosshairLine = { color: muted, labelBackgroundColor: label };
  return {
    layout: {
      background: { type: ColorType.Solid as const, color: panel },
      textColor: muted,
      fontSize: 11,
      fontFamily: "ui-sans-serif, system-ui, sans-serif",
      // The licence of the library asks for this link.
      attributionLogo: true,
      panes: { separatorColor: line, separatorHoverColor: grid },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    rightPriceScale: { borderColor: line, minimumWidth: 72 },
    timeScale: {
      borderColor: line,
      timeVisible: true,
      secondsVisible: false,
      rightOffset: RIGHT_MARGIN_BARS,
    },
    crosshair: { mode: 0, vertLine: crosshairLine, horzLine: crosshairLine },
    localization: { timeFormatter: (time: unknown) => `${formatTime(Number(time))} UTC` },
  };
}
