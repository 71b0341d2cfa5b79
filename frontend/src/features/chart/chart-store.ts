// What React may know of a chart: states and the few newest bars. The bars themselves go past
// React, straight to the canvas.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Bar } from "@/lib/bar";
import type { TimeRange } from "@/lib/chart-view";
import type { ConnectionState, FeedStatus } from "@/lib/connection-state";
import type { CandleChart } from "./view/candle-chart";
import type { PaneBox } from "./view/pane-stack";

/** What the page outside may ask of a chart: for its buttons, keys and exports. */
export interface ChartHandle {
  readonly chart: CandleChart;
  bars(): readonly Bar[];
  /** The open times of the first and the last bar there is, also while a replay hides some. */
  span(): TimeRange | null;
  /** Brings a range into view, and fetches older bars for it where they are not here yet. */
  show(range: TimeRange): void;
}

export type ChartPhase = "loading" | "ready" | "empty" | "failed";

export interface ChartState {
  /** Symbol and timeframe of everything below, which follows the reader's choice a moment later. */
  readonly market: string | null;
  readonly phase: ChartPhase;
  readonly error: unknown;
  readonly connection: ConnectionState;
  readonly feed: FeedStatus | null;
  readonly simulated: boolean | null;
  /** As drawn, newest last, no more than the table shows. */
  readonly latestBars: readonly Bar[];
  readonly hoveredBar: Bar | null;
  /** Where the pointer is, in pixels of the chart; null where another chart placed the crosshair. */
  readonly pointer: { readonly x: number; readonly y: number } | null;
  readonly isAtLatest: boolean;
  readonly panes: readonly PaneBox[];
  readonly handle: ChartHandle | null;
  /** Tries to connect now instead of at the end of the countdown. */
  readonly retry: () => void;
}

export type ChartStore = StoreApi<ChartState>;

export const INITIAL_CHART_STATE: ChartState = {
  market: null,
  phase: "loading",
  error: null,
  connection: { kind: "connecting" },
  feed: null,
  simulated: null,
  latestBars: [],
  hoveredBar: null,
  pointer: null,
  panes: [],
  handle: null,
  isAtLatest: true,
  retry: () => undefined,
};

export function createChartStore(): ChartStore {
  return createStore<ChartState>(() => INITIAL_CHART_STATE);
}
