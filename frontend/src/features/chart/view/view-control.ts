// Moving and zooming by buttons, keys and links: the same steps wherever they come from.
import type { IChartApiBase, Time, UTCTimestamp } from "lightweight-charts";
import type { TimeRange } from "@/lib/chart-view";

const ZOOM_STEP = 0.25;
const MOVE_STEP = 0.1;

export class ViewControl {
  constructor(private readonly chart: IChartApiBase<Time>) {}

  zoom(direction: "in" | "out"): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range === null) return;
    const width = range.to - range.from;
    const change = direction === "in" ? width * ZOOM_STEP : -width * ZOOM_STEP;
    // The newest bar stays where it is, as it does when the wheel is turned over it.
    scale.setVisibleLogicalRange({ from: range.from + change, to: range.to });
  }

  move(direction: "left" | "right"): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range === null) return;
    const step = (range.to - range.from) * MOVE_STEP * (direction === "left" ? -1 : 1);
    scale.setVisibleLogicalRange({ from: range.from + step, to: range.to + step });
  }

  fit(): void {
    this.chart.timeScale().fitContent();
  }

  latest(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  range(): TimeRange | null {
    const range = this.chart.timeScale().getVisibleRange();
    return range === null ? null : { from: Number(range.from), to: Number(range.to) };
  }

  show({ from, to }: TimeRange): void {
    const range = { from: from as UTCTimestamp, to: to as UTCTimestamp };
    this.chart.timeScale().setVisibleRange(range);
  }

  picture(): HTMLCanvasElement {
    return this.chart.takeScreenshot(true, false);
  }
}
