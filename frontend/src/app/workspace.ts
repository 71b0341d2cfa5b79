// The one desk of the page. The address shows the active chart: a link brings it back, and the
// browser's back button returns to the symbol and interval before.

import { DEFAULT_CELL } from "@/features/workspace/workspace";
import { createWorkspaceStore } from "@/features/workspace/workspace-store";
import { ChartSync } from "@/lib/chart-sync";
import { readView, writeView } from "@/lib/chart-view";

export const workspace = createWorkspaceStore(window.localStorage);

export const chartSync = new ChartSync();

export function activeCell() {
  const { cells, active } = workspace.getState();
  return cells[active] ?? DEFAULT_CELL;
}

let obeying = false;

function obeyAddress(): void {
  obeying = true;
  workspace.getState().changeActive({ range: null, ...readView(window.location.search) });
  obeying = false;
}

function writeAddress(): void {
  if (obeying) return;
  const { location, history } = window;
  const before = readView(location.search);
  const cell = activeCell();
  const next = writeView(location.search, cell);
  if (next === location.search) return;
  // Another market is a step to come back from; scrolling or a choice by the page itself is not.
  const isStep =
    before.symbol !== undefined &&
    (before.symbol !== cell.symbol || before.timeframe !== cell.timeframe);
  history[isStep ? "pushState" : "replaceState"](null, "", `${location.pathname}${next}`);
}

obeyAddress();
workspace.subscribe(writeAddress);
window.addEventListener("popstate", obeyAddress);
