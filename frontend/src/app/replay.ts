// The one replay of the page: all charts of the grid stand at the same time.
import { createReplayStore } from "@/features/replay/replay-store";
import type { TimeRange } from "@/lib/chart-view";
import { secondsOf } from "@/lib/timeframe";
import { chartStoreOf } from "./chart-stores";
import { activeCell, workspace } from "./workspace";

export const replay = createReplayStore();

export function replaySpan() {
  return chartStoreOf(workspace.getState().active).getState().handle?.span() ?? null;
}

export function replayStep(): number {
  return secondsOf(activeCell().timeframe);
}

/** The bar that opened at a time is the last one that is shown. */
export function startReplay(openTime: number): void {
  replay.getState().start(openTime + replayStep());
}

/** From the middle of what is in view, or back to the live market. */
export function toggleReplay(): void {
  const { until, stop } = replay.getState();
  const span = replaySpan();
  if (until !== null) stop();
  else if (span !== null) startReplay(middleOf(span));
}

function middleOf(span: TimeRange): number {
  const { handle } = chartStoreOf(workspace.getState().active).getState();
  const view = handle?.chart.view.range() ?? span;
  const [from, to] = [Math.max(view.from, span.from), Math.min(view.to, span.to)];
  const step = replayStep();
  return from + Math.floor((to - from) / 2 / step) * step;
}

export function stepReplay(bars: number): void {
  const step = replayStep();
  replay.getState().advance(bars * step, (replaySpan()?.to ?? 0) + step);
}
