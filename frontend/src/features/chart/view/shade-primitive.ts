// Shaded stretches of time behind the candles: where data was missing. Absence is shown, not hidden.
import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from "lightweight-charts";

export interface Shade {
  /** Unix seconds, UTC; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly color: string;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

export class ShadePrimitive implements ISeriesPrimitive<Time> {
  private shades: readonly Shade[] = [];
  private times: readonly number[] = [];
  private chart: IChartApiBase<Time> | null = null;
  private requestUpdate: () => void = () => undefined;
  private readonly views: IPrimitivePaneView[];

  constructor() {
    const renderer: IPrimitivePaneRenderer = {
      draw: () => undefined,
      drawBackground: (target) => this.paint(target),
    };
    this.views = [{ zOrder: () => "bottom", renderer: () => renderer }];
  }

  attached({ chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.chart = chart;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.chart = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  /** `times` are those of all drawn bars, ascending: the axis knows no others. */
  show(shades: readonly Shade[], times: readonly number[]): void {
    this.shades = shades;
    this.times = times;
    this.requestUpdate();
  }

  private paint(target: Target): void {
    const scale = this.chart?.timeScale();
    if (scale === undefined || this.shades.length === 0) return;
    const half = scale.options().barSpacing / 2;
    // biome-ignore lint/correctness/useHookAtTopLevel: a method of the canvas, not a hook
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const shade of this.shades) {
        const [first, last] = barsWithin(this.times, shade);
        if (first === undefined || last === undefined) continue;
        const left = scale.timeToCoordinate(first as UTCTimestamp);
        const right = scale.timeToCoordinate(last as UTCTimestamp);
        if (left === null || right === null || right < 0 || left > mediaSize.width) continue;
        context.fillStyle = shade.color;
        context.fillRect(left - half, 0, right - left + 2 * half, mediaSize.height);
      }
    });
  }
}

/** The first and the last time that a shade covers; a gap inside one bar covers that bar. */
export function barsWithin(
  times: readonly number[],
  { from, to }: Pick<Shade, "from" | "to">,
): [number | undefined, number | undefined] {
  const begin = Math.max(0, countUpTo(times, from) - 1);
  const end = countUpTo(times, to - 1e-6) - 1;
  const isOutside = end < begin || times.length === 0 || to <= (times[0] ?? 0);
  return isOutside ? [undefined, undefined] : [times[begin], times[end]];
}

/** How many of the ascending times are at or before the given one. */
function countUpTo(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
