// What React may know of a chart: states and the few newest bars. The bars themselves go past
// React, straight to the canvas.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Bar } from "@/lib/bar";
import type { ConnectionState, FeedStatus } from "@/lib/connection-state";

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
  readonly isAtLatest: boolean;
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
  isAtLatest: true,
  retry: () => undefined,
};

export function createChartStore(): ChartStore {
  return createStore<ChartState>(() => INITIAL_CHART_STATE);
}
