// What happened to the bar under the pointer, where something did.
import { useStore } from "zustand";
import type { Bar } from "@/lib/bar";
import type { ChartStore } from "./chart-store";
import { verdictColor, verdictStory, verdictWords } from "./verdict-words";

const WIDTH_PIXELS = 250;

export function VerdictTooltip({ store }: { readonly store: ChartStore }) {
  const bar = useStore(store, (state) => state.hoveredBar);
  const pointer = useStore(store, (state) => state.pointer);
  if (bar === null || pointer === null || !hasStory(bar)) return null;
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
      <p className="mt-0.5 text-muted leading-relaxed">{verdictStory(bar)}</p>
    </div>
  );
}

function hasStory(bar: Bar): boolean {
  return bar.closed && (bar.verdict !== "complete" || bar.revision > 0);
}
