// What the reader does on the chart, in words of the chart instead of the library.
import type { IChartApiBase, ISeriesApi, MouseEventParams, Time } from "lightweight-charts";

export interface Hover {
  readonly time: number;
  readonly x: number;
  readonly y: number;
}

export interface Place {
  readonly time: number | null;
  readonly price: number;
  /** Pixels from the corner of the chart. */
  readonly x: number;
  readonly y: number;
}

export interface ChartEvents {
  onScroll(barsBefore: number, isAtLatest: boolean): void;
  /** `isReader` is false for a crosshair that another chart has placed. */
  onHover(hover: Hover | null, isReader: boolean): void;
  onPick(time: number): void;
  onMenu(place: Place): void;
  onMoveLine(id: string, price: number): void;
  /** Sizes of axes or panes changed. */
  onLayout(): void;
}

export function reportReader(
  chart: IChartApiBase<Time>,
  candles: ISeriesApi<"Candlestick">,
  events: ChartEvents,
  isPlaced: () => boolean,
): () => void {
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    const around = range === null ? null : candles.barsInLogicalRange(range);
    if (around === null || !isPlaced()) return;
    events.onScroll(around.barsBefore, around.barsAfter < 1);
  });
  chart.subscribeCrosshairMove((move) => {
    events.onHover(hoverOf(move), move.sourceEvent !== undefined);
  });
  chart.subscribeClick(({ time, paneIndex }) => {
    if (typeof time === "number" && paneIndex === 0) events.onPick(time);
  });
  return reportMenu(chart, candles, events);
}

function hoverOf({ time, point }: MouseEventParams<Time>): Hover | null {
  if (typeof time !== "number") return null;
  return { time, x: point?.x ?? 0, y: point?.y ?? 0 };
}

function reportMenu(
  chart: IChartApiBase<Time>,
  candles: ISeriesApi<"Candlestick">,
  events: ChartEvents,
): () => void {
  const element = chart.chartElement();
  const open = (event: MouseEvent) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const price = candles.coordinateToPrice(y);
    if (price === null || y > chart.paneSize(0).height) return;
    event.preventDefault();
    const time = chart.timeScale().coordinateToTime(x);
    events.onMenu({ price, time: typeof time === "number" ? time : null, x, y });
  };
  element.addEventListener("contextmenu", open);
  return () => element.removeEventListener("contextmenu", open);
}
