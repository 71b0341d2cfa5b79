// What happened to the bar under the pointer, where something did.
import { useStore } from "zustand";
import type { Bar } from "@/lib/bar";
import { type GapSpan, gapsWithin } from "@/lib/gap-span";
import { verdictColor, verdictStory, verdictWords } from "@/lib/verdict-words";
import type { ChartStore } from "./chart-store";

const WIDTH_PIXELS = 250;

/** A minute of a broken line can have dozens. */
const MOST_STORIES = 3;

interface Props {
  readonly store: ChartStore;
  readonly gaps: readonly GapSpan[];
  /** Seconds of a bar. */
  readonly step: number;
}

export function VerdictTooltip({ store, gaps, step }: Props) {
  const bar = useStore(store, (state) => state.hoveredBar);
  const pointer = useStore(store, (state) => state.pointer);
  if (bar === null || pointer === null) return null;
  const missed = gapsWithin(gaps, bar.time, step);
  if (!hasStory(bar) && missed.length === 0) return null;
  const left = pointer.x > WIDTH_PIXELS + 40 ? pointer.x - WIDTH_PIXELS - 16 : pointer.x + 16;
  return (
    <div
      role="tooltip"
      data-testid="verdict-tooltip"
      style={{ left, top: Math.max(30, pointer.y - 20), width: WIDTH_PIXELS }}
      className="pointer-events-none absolute z-20 rounded border border-line bg-panel px-2.5 py-2 text-xs shadow-lg"
    >
      <p className={`font-medium ${verdictColor(bar.verdict)}`}>
        {verdictWords(bar)}
        {bar.revision > 0 && ` · revision ${bar.revision}`}
      </p>
      {hasStory(bar) && <p className="mt-0.5 text-muted leading-relaxed">{verdictStory(bar)}</p>}
      {missed.slice(0, MOST_STORIES).map(({ from, story }) => (
        <p key={from} className="mt-1 leading-relaxed">
          {story}
        </p>
      ))}
      {missed.length > MOST_STORIES && (
        <p className="mt-1 text-muted">And {missed.length - MOST_STORIES} more gaps.</p>
      )}
    </div>
  );
}

function hasStory(bar: Bar): boolean {
  return bar.closed && (bar.verdict !== "complete" || bar.revision > 0);
}
