// The bars of one chart, in order. Whatever arrives, and in whatever order, ends up strictly
// ascending and unique by time: the chart library checks that only in its development build.
import type { Bar } from "@/lib/bar";

export type BarChange =
  | { readonly kind: "none" }
  /** Bars changed in place or were added at the end: they can be drawn one by one. */
  | { readonly kind: "tail"; readonly bars: readonly Bar[] }
  /** Something older changed: the whole series is to be drawn again. */
  | { readonly kind: "redraw" };

export const NO_CHANGE: BarChange = { kind: "none" };
const REDRAW: BarChange = { kind: "redraw" };

/** Drawing more than these one by one costs more than drawing all. */
const MOST_TAIL_BARS = 200;

export class BarSeries {
  private ordered: Bar[] = [];

  get bars(): readonly Bar[] {
    return this.ordered;
  }

  /**
   * Takes a snapshot for the truth. Older bars stay when they overlap it, so that a reader who has
   * scrolled back keeps the place; without overlap there would be an invisible hole between them.
   */
  replace(snapshot: readonly Bar[]): BarChange {
    const fresh = orderedUnique(snapshot);
    const first = fresh[0];
    const last = this.ordered.at(-1);
    const overlaps = first !== undefined && last !== undefined && last.time >= first.time;
    const older = overlaps ? this.ordered.filter(({ time }) => time < first.time) : [];
    this.ordered = [...older, ...fresh];
    return REDRAW;
  }

  merge(incoming: readonly Bar[]): BarChange {
    const tailFrom = this.ordered.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    const before = this.ordered.length;
    const taken = orderedUnique(incoming).flatMap((bar) => this.take(bar) ?? []);
    if (taken.length === 0) return NO_CHANGE;
    const added = taken.filter(({ time }) => time > tailFrom).length;
    const isInserted = this.ordered.length - before > added;
    return isInserted || taken.length > MOST_TAIL_BARS ? REDRAW : { kind: "tail", bars: taken };
  }

  at(time: number): Bar | null {
    const bar = this.ordered[insertionIndex(this.ordered, time)];
    return bar?.time === time ? bar : null;
  }

  /** The bars that had closed at a time, for a replay. */
  closedBy(time: number, step: number): readonly Bar[] {
    return this.ordered.slice(0, insertionIndex(this.ordered, time - step + 1));
  }

  /** Older pages are long; inserting their bars one by one would move the array each time. */
  prepend(page: readonly Bar[]): BarChange {
    const before = this.ordered.length;
    this.ordered = orderedUnique([...page, ...this.ordered]);
    return this.ordered.length === before ? NO_CHANGE : REDRAW;
  }

  /** The bar as it is kept, or null where it says nothing new. */
  private take(bar: Bar): Bar | null {
    const index = insertionIndex(this.ordered, bar.time);
    const existing = this.ordered[index];
    if (existing?.time !== bar.time) {
      this.ordered.splice(index, 0, bar);
      return bar;
    }
    if (!supersedes(bar, existing)) return null;
    // An update without indicators does not unknow them.
    const kept =
      bar.values === undefined && existing.values ? { ...bar, values: existing.values } : bar;
    this.ordered[index] = kept;
    return kept;
  }
}

/** Whether an arriving bar says something newer about the same minute than the one we have. */
export function supersedes(arriving: Bar, existing: Bar): boolean {
  if (arriving.revision !== existing.revision) return arriving.revision > existing.revision;
  if (arriving.closed !== existing.closed) return arriving.closed;
  return (arriving.trades ?? 0) >= (existing.trades ?? 0);
}

function orderedUnique(bars: readonly Bar[]): Bar[] {
  const byTime = new Map<number, Bar>();
  for (const bar of bars) {
    const existing = byTime.get(bar.time);
    if (existing === undefined || supersedes(bar, existing)) byTime.set(bar.time, bar);
  }
  return [...byTime.values()].sort((left, right) => left.time - right.time);
}

/** The index of the bar of that time, or the one it would have. */
function insertionIndex(bars: readonly Bar[], time: number): number {
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = bars[middle];
    if (candidate !== undefined && candidate.time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
