// The small buttons in the corner of the chart: scale, zoom, fit, and back to the newest bar.
import { useState } from "react";
import { useStore } from "zustand";
import type { Scale } from "@/lib/chart-view";
import type { ChartStore } from "./chart-store";

interface Props {
  readonly store: ChartStore;
  readonly scale: Scale;
  readonly zoneLabel: string;
  readonly isTableShown: boolean;
  readonly onScale: (scale: Scale) => void;
  readonly onToggleTable: () => void;
}

export function ChartControls({ store, scale, onScale, zoneLabel, ...table }: Props) {
  const isAtLatest = useStore(store, (state) => state.isAtLatest);
  const [isAuto, setIsAuto] = useState(true);
  const chart = useStore(store, (state) => state.handle)?.chart;
  const choose = (chosen: Scale) => onScale(scale === chosen ? "normal" : chosen);
  const setAuto = () => {
    chart?.setAutoScale(!isAuto);
    setIsAuto(!isAuto);
  };
  return (
    <>
      <div className="absolute top-1.5 right-[calc(var(--price-axis-width,72px)+8px)] z-20 flex gap-1">
        {!isAtLatest && (
          <button
            type="button"
            className="button"
            onClick={() => chart?.view.latest()}
            title="Back to the newest bar (Home)"
          >
            Latest <span aria-hidden="true">»</span>
          </button>
        )}
        <button
          type="button"
          className="button max-sm:hidden"
          aria-pressed={table.isTableShown}
          onClick={table.onToggleTable}
        >
          Table
        </button>
      </div>
      <div className="absolute right-[calc(var(--price-axis-width,72px)+2px)] bottom-1 z-20 flex gap-0.5">
        <Toggle name="auto" title="Fit the prices in view" isOn={isAuto} onPress={setAuto} />
        <Toggle
          name="log"
          title="Logarithmic scale"
          isOn={scale === "log"}
          onPress={() => choose("log")}
        />
        <Toggle
          name="%"
          title="Percent scale"
          isOn={scale === "percent"}
          onPress={() => choose("percent")}
        />
      </div>
      <div className="absolute bottom-8 left-1/2 z-10 flex -translate-x-1/2 gap-1 opacity-0 transition-opacity focus-within:opacity-100 hover:opacity-100 group-hover/chart:opacity-100 max-sm:hidden">
        <Toggle name="−" title="Zoom out (-)" onPress={() => chart?.view.zoom("out")} />
        <Toggle name="+" title="Zoom in (+)" onPress={() => chart?.view.zoom("in")} />
        <Toggle name="Fit" title="Show all loaded bars (Alt+F)" onPress={() => chart?.view.fit()} />
      </div>
      <span
        data-testid="zone-label"
        className="pointer-events-none absolute right-0 bottom-0 z-10 w-(--price-axis-width,72px) pb-1.5 text-center text-[11px] text-muted"
      >
        {zoneLabel}
      </span>
    </>
  );
}

interface ToggleProps {
  readonly name: string;
  readonly title: string;
  readonly isOn?: boolean;
  readonly onPress: () => void;
}

function Toggle({ name, title, isOn, onPress }: ToggleProps) {
  return (
    <button
      type="button"
      aria-label={`${name}: ${title}`}
      title={title}
      aria-pressed={isOn}
      onClick={onPress}
      className="h-5 min-w-6 rounded border border-line bg-panel px-1 text-[11px] text-muted hover:bg-hover hover:text-ink aria-pressed:bg-chosen aria-pressed:text-ink"
    >
      {name}
    </button>
  );
}
