// Collects changes until the next animation frame, so that a burst of messages is drawn once.
import type { Bar } from "@/lib/bar";
import type { BarChange } from "./bar-series";

export interface Drawing {
  readonly redraw: boolean;
  /** Ascending by time; empty when everything is drawn again. */
  readonly tail: readonly Bar[];
}

export type ScheduleFrame = (callback: () => void) => () => void;

export class FrameBatch {
  private redraw = false;
  private tail = new Map<number, Bar>();
  private cancelFrame: (() => void) | null = null;

  constructor(
    private readonly schedule: ScheduleFrame,
    private readonly draw: (drawing: Drawing) => void,
  ) {}

  add(change: BarChange): void {
    if (change.kind === "none") return;
    if (change.kind === "redraw") this.redraw = true;
    else for (const bar of change.bars) this.tail.set(bar.time, bar);
    this.cancelFrame ??= this.schedule(() => this.flush());
  }

  stop(): void {
    this.cancelFrame?.();
    this.cancelFrame = null;
  }

  private flush(): void {
    const tail = this.redraw ? [] : [...this.tail.values()].sort((a, b) => a.time - b.time);
    const drawing = { redraw: this.redraw, tail };
    this.redraw = false;
    this.tail = new Map();
    this.cancelFrame = null;
    this.draw(drawing);
  }
}

/** A hidden tab gets no animation frames, but its title should go on showing the price. */
export const browserFrames: ScheduleFrame = (callback) => {
  if (document.hidden) {
    const timer = window.setTimeout(callback, 1000);
    return () => window.clearTimeout(timer);
  }
  const frame = window.requestAnimationFrame(callback);
  return () => window.cancelAnimationFrame(frame);
};
