// The headings of the panes, over the canvas: what a pane shows, its values, and how to move it.
import { useStore } from "zustand";
import { findIndicator } from "@/lib/indicator-catalog";
import type { ChartStore } from "./chart-store";
import { PlotValues } from "./PlotValues";

interface Props {
  readonly store: ChartStore;
  readonly indicators: readonly string[];
  readonly onChange: (indicators: readonly string[]) => void;
}

export function PaneHeadings({ store, indicators, onChange }: Props) {
  const panes = useStore(store, (state) => state.panes);
  const bar = useStore(store, (state) => state.hoveredBar ?? state.latestBars.at(-1) ?? null);
  const order = indicators.filter((id) => findIndicator(id)?.place === "pane");
  return panes.map((pane) => {
    const indicator = findIndicator(pane.id);
    const place = order.indexOf(pane.id);
    if (indicator === undefined || place < 0) return null;
    return (
      <div
        key={pane.id}
        data-pane={pane.id}
        style={{ top: pane.top + 4 }}
        className="group pointer-events-none absolute left-2.5 z-10 flex items-center gap-2 text-xs tabular-nums"
      >
        <PlotValues indicator={indicator} bar={bar} />
        <span className="pointer-events-auto flex gap-0.5 opacity-0 focus-within:opacity-100 group-hover:opacity-100 hover:opacity-100 pointer-coarse:opacity-100">
          <PaneButton
            label={`Move ${indicator.title} up`}
            isDisabled={place === 0}
            onPress={() => onChange(moved(indicators, pane.id, order[place - 1]))}
          >
            ↑
          </PaneButton>
          <PaneButton
            label={`Move ${indicator.title} down`}
            isDisabled={place === order.length - 1}
            onPress={() => onChange(moved(indicators, pane.id, order[place + 1]))}
          >
            ↓
          </PaneButton>
          <PaneButton
            label={`Remove ${indicator.title}`}
            isDisabled={false}
            onPress={() => onChange(indicators.filter((id) => id !== pane.id))}
          >
            ×
          </PaneButton>
        </span>
      </div>
    );
  });
}

interface ButtonProps {
  readonly label: string;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
  readonly children: string;
}

function PaneButton({ label, isDisabled, onPress, children }: ButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={isDisabled}
      onClick={onPress}
      className="size-5 rounded text-muted leading-none hover:bg-hover hover:text-ink disabled:opacity-30"
    >
      {children}
    </button>
  );
}

/** The list with two of its members exchanged. */
export function moved(ids: readonly string[], id: string, other: string | undefined): string[] {
  return ids.map((each) => {
    if (other === undefined) return each;
    if (each === id) return other;
    return each === other ? id : each;
  });
}
