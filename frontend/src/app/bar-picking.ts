// A click on a bar: its history, in the side panel. Bars to which nothing happened do not open it.
import type { Bar } from "@/lib/bar";
import { type PickedBar, usePageState } from "./page-state";

type Pick = Omit<PickedBar, "time"> & { readonly bar: Bar };

export function pickBar({ symbol, timeframe, bar }: Pick): void {
  const { panel } = usePageState.getState();
  const isRemarkable = bar.closed && (bar.verdict !== "complete" || bar.revision > 0);
  const picked = { symbol, timeframe, time: bar.time };
  usePageState.setState({ picked, panel: isRemarkable ? "truth" : panel });
}
