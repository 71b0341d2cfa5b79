// One thing drawn on the chart, from the same bars as all others.
import type { Bar } from "@/lib/bar";
import type { Palette } from "./palette";

export interface Layer {
  draw(bars: readonly Bar[]): void;
  /** Bars that changed or were added; `isOlder` says that a bar is not the newest one. */
  drawTail(bars: readonly Bar[], isOlder: (bar: Bar) => boolean): void;
  applyPalette(palette: Palette): void;
  remove(): void;
}
