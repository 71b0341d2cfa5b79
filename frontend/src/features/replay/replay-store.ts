// Where a replay stands and how it goes on: the market again, bar by bar, as it closed then.
// The ticking comes from outside, so that tests need no waiting.
import { createStore, type StoreApi } from "zustand/vanilla";

export const SPEEDS = [1, 2, 5, 10, 20] as const;

export interface Replay {
  /** Unix seconds: bars that closed later are not shown. Null is the live market. */
  readonly until: number | null;
  readonly isPlaying: boolean;
  /** Bars a second. */
  readonly speed: number;
  start(until: number): void;
  stop(): void;
  /** Goes to a time and stands there. */
  seek(until: number): void;
  setPlaying(isPlaying: boolean): void;
  setSpeed(speed: number): void;
  /** One bar of `step` seconds on, or back; stands at `end`, where nothing more has closed. */
  advance(step: number, end: number): void;
}

export type ReplayStore = StoreApi<Replay>;

export function createReplayStore(): ReplayStore {
  return createStore<Replay>((set, get) => ({
    until: null,
    isPlaying: false,
    speed: SPEEDS[1],
    start: (until) => set({ until, isPlaying: false }),
    stop: () => set({ until: null, isPlaying: false }),
    seek: (until) => set({ until, isPlaying: false }),
    setPlaying: (isPlaying) => get().until !== null && set({ isPlaying }),
    setSpeed: (speed) => set({ speed }),
    advance: (step, end) => {
      const { until, isPlaying } = get();
      if (until === null) return;
      const next = Math.min(until + step, end);
      set({ until: next, isPlaying: isPlaying && next < end });
    },
  }));
}
