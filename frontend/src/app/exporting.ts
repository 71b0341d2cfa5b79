// What the active chart shows now, for exports.
import type { Shown } from "@/features/export/export-request";
import { findIndicator } from "@/lib/indicator-catalog";
import { chartStoreOf } from "./chart-stores";
import { activeCell, workspace } from "./workspace";

const handle = () => chartStoreOf(workspace.getState().active).getState().handle;

export function shownNow(): Shown {
  const { symbol, timeframe, indicators } = activeCell();
  const view = handle()?.chart.view.range() ?? null;
  const span = handle()?.span() ?? null;
  const range =
    view === null || span === null
      ? null
      : { from: Math.max(view.from, span.from), to: Math.min(view.to, span.to) };
  const keys = indicators.flatMap((id) => findIndicator(id)?.plots.map(({ key }) => key) ?? []);
  return { symbol: symbol ?? "", timeframe, indicators: keys, range };
}

export function pictureNow(): HTMLCanvasElement | null {
  return handle()?.chart.view.picture() ?? null;
}
