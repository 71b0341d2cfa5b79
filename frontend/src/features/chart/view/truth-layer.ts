// How far each bar can be trusted: quiet marks below the bars, and shading where data is missing.
import {
  createSeriesMarkers,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
} from "lightweight-charts";
import { type Bar, isPriced } from "@/lib/bar";
import type { GapSpan } from "@/lib/gap-span";
import { verdictMarker } from "./drawn-items";
import type { Layer } from "./layer";
import type { Palette } from "./palette";
import { type Shade, ShadePrimitive } from "./shade-primitive";

export class TruthLayer implements Layer {
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly shading = new ShadePrimitive();
  private marks = new Map<number, SeriesMarker<Time>>();
  private times: number[] = [];
  private dark = new Set<number>();
  private gaps: readonly GapSpan[] = [];
  private isShown = true;

  constructor(
    private readonly candles: ISeriesApi<"Candlestick">,
    private palette: Palette,
  ) {
    this.markers = createSeriesMarkers(candles, []);
    candles.attachPrimitive(this.shading);
  }

  show(gaps: readonly GapSpan[], isShown: boolean): void {
    this.gaps = gaps;
    this.isShown = isShown;
    this.publish();
  }

  draw(bars: readonly Bar[]): void {
    this.times = bars.map(({ time }) => time);
    this.marks = new Map();
    this.dark = new Set();
    for (const bar of bars) this.note(bar);
    this.publish();
  }

  drawTail(bars: readonly Bar[]): void {
    let isChanged = false;
    for (const bar of bars) {
      if (bar.time > (this.times.at(-1) ?? Number.NEGATIVE_INFINITY)) this.times.push(bar.time);
      isChanged = this.note(bar) || isChanged;
    }
    if (isChanged) this.publish();
  }

  applyPalette(palette: Palette): void {
    this.palette = palette;
  }

  remove(): void {
    this.markers.detach();
    this.candles.detachPrimitive(this.shading);
  }

  /** Whether the mark or the shade of the bar changed. */
  private note(bar: Bar): boolean {
    const had = this.marks.delete(bar.time);
    const wasDark = this.dark.delete(bar.time);
    const marker = verdictMarker(bar, this.palette);
    if (marker !== null) this.marks.set(bar.time, marker);
    const isDark = !isPriced(bar);
    if (isDark) this.dark.add(bar.time);
    return had || marker !== null || wasDark !== isDark;
  }

  private publish(): void {
    const marks = [...this.marks.values()].sort((a, b) => Number(a.time) - Number(b.time));
    this.markers.setMarkers(this.isShown ? marks : []);
    // Bars without prices stay shaded in any case: hiding the overlay must not hide missing data.
    const dark = [...this.dark].map((time) => ({
      from: time,
      to: time + 1,
      color: this.palette.gap,
    }));
    this.shading.show([...dark, ...(this.isShown ? this.gaps.map(this.shadeOf) : [])], this.times);
  }

  private readonly shadeOf = ({ from, to, isHealed }: GapSpan): Shade => {
    return { from, to, color: isHealed ? this.palette.healedSoft : this.palette.gap };
  };
}
