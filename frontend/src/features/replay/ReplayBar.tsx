// The controls of a replay: play, step, speed, and where it stands.
import { useEffect } from "react";
import { useStore } from "zustand";
import { formatZoned, zoneLabel } from "@/lib/time-zone";
import { type ReplayStore, SPEEDS } from "./replay-store";

/** From the first to the last bar that is loaded, Unix seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Props {
  readonly store: ReplayStore;
  /** Seconds of a bar. */
  readonly step: number;
  readonly zone: string;
  readonly span: () => Span | null;
}

export function ReplayBar({ store, step, zone, span }: Props) {
  const { until, isPlaying, speed, advance, setPlaying, setSpeed, seek, stop } = useStore(store);
  useTicking(store, step, span);
  const reach = span();
  if (until === null || reach === null) return null;
  const end = reach.to + step;
  return (
    <div
      role="toolbar"
      aria-label="Replay"
      data-until={until}
      className="flex flex-wrap items-center gap-2 border-line border-t bg-panel px-3 py-1.5 text-xs"
    >
      <button type="button" className="button" onClick={() => advance(-step, end)}>
        <span aria-hidden="true">◀</span>
        <span className="sr-only">One bar back</span>
      </button>
      <button
        type="button"
        className="button button-primary"
        disabled={until >= end}
        onClick={() => setPlaying(!isPlaying)}
      >
        {isPlaying ? "Pause" : "Play"}
      </button>
      <button
        type="button"
        className="button"
        disabled={until >= end}
        onClick={() => advance(step, end)}
      >
        <span aria-hidden="true">▶</span>
        <span className="sr-only">One bar on</span>
      </button>
      <label className="flex items-center gap-1 text-muted">
        Speed
        <select
          className="button"
          value={speed}
          onChange={(event) => setSpeed(Number(event.target.value))}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each} bars/s
            </option>
          ))}
        </select>
      </label>
      <input
        type="range"
        aria-label="Time of the replay"
        aria-valuetext={`${formatZoned(zone, until)} ${zoneLabel(zone, until)}`}
        className="min-w-32 flex-1 accent-focus"
        min={reach.from + step}
        max={end}
        step={step}
        value={until}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <output data-testid="replay-time" className="tabular-nums">
        {formatZoned(zone, until)} {zoneLabel(zone, until)}
      </output>
      <button type="button" className="button" onClick={stop}>
        Back to live
      </button>
    </div>
  );
}

function useTicking(store: ReplayStore, step: number, span: Props["span"]): void {
  const { isPlaying, speed } = useStore(store);
  useEffect(() => {
    if (!isPlaying) return;
    const tick = () => store.getState().advance(step, (span()?.to ?? 0) + step);
    const timer = window.setInterval(tick, 1000 / speed);
    return () => window.clearInterval(timer);
  }, [store, isPlaying, speed, step, span]);
}
