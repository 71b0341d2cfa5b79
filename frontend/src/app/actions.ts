// The keys of the desk. Letters and digits without a modifier belong to search and interval.
import type { Action } from "@/lib/actions";
import { TIMEFRAMES } from "@/lib/timeframe";
import { chartStoreOf } from "./chart-stores";
import { openDialog, togglePanel, usePageState } from "./page-state";
import { replay, stepReplay, toggleReplay } from "./replay";
import { activeCell, workspace } from "./workspace";

type Group = Action["group"];

function action(group: Group, id: string, title: string, keys: string[], run: () => void): Action {
  return { group, id, title, keys, run };
}

const view = () => chartStoreOf(workspace.getState().active).getState().handle?.chart.view;
const change = () => workspace.getState();

function changeScale(scale: "log" | "percent"): void {
  change().changeActive({ scale: activeCell().scale === scale ? "normal" : scale });
}

function stepTimeframe(step: number): void {
  const timeframe = TIMEFRAMES[TIMEFRAMES.indexOf(activeCell().timeframe) + step];
  if (timeframe !== undefined) change().changeActive({ timeframe });
}

export const actions: readonly Action[] = [
  action("Symbol and interval", "search", "Search a symbol", ["/", "Ctrl+k"], () =>
    openDialog({ kind: "search", typed: "" }),
  ),
  action("Symbol and interval", "longer", "Longer interval", ["Alt+ArrowUp"], () =>
    stepTimeframe(1),
  ),
  action("Symbol and interval", "shorter", "Shorter interval", ["Alt+ArrowDown"], () =>
    stepTimeframe(-1),
  ),
  action("View", "left", "Older bars", ["ArrowLeft"], () => view()?.move("left")),
  action("View", "right", "Newer bars", ["ArrowRight"], () => view()?.move("right")),
  action("View", "in", "Zoom in", ["+", "=", "ArrowUp"], () => view()?.zoom("in")),
  action("View", "out", "Zoom out", ["-", "ArrowDown"], () => view()?.zoom("out")),
  action("View", "fit", "Show all loaded bars", ["Alt+f"], () => view()?.fit()),
  action("View", "latest", "Newest bar", ["Home", "Alt+ArrowRight"], () => view()?.latest()),
  action("View", "log", "Logarithmic scale", ["Alt+l"], () => changeScale("log")),
  action("View", "percent", "Percent scale", ["Alt+p"], () => changeScale("percent")),
  action("Tools", "indicators", "Indicators", ["Alt+i"], () => openDialog({ kind: "indicators" })),
  action("Tools", "compare", "Compare symbols", ["Alt+c"], () => openDialog({ kind: "compare" })),
  action("Tools", "alerts", "Alerts", ["Alt+a"], () => togglePanel("alerts")),
  action("Tools", "replay", "Replay from the middle of the view, or live again", ["Alt+r"], () =>
    toggleReplay(),
  ),
  action("Tools", "play", "Replay: play or pause", ["Shift+ArrowUp"], () =>
    replay.getState().setPlaying(!replay.getState().isPlaying),
  ),
  action("Tools", "on", "Replay: one bar on", ["Shift+ArrowRight"], () => stepReplay(1)),
  action("Tools", "back", "Replay: one bar back", ["Shift+ArrowLeft"], () => stepReplay(-1)),
  action("Page", "trust", "Marks of trust on or off", ["Alt+t"], () =>
    change().change({ isTruthShown: !workspace.getState().isTruthShown }),
  ),
  action("Page", "history", "What happened: scores, gaps, revisions", ["Alt+h"], () =>
    togglePanel("truth"),
  ),
  action("Page", "watchlist", "Symbol list (on a phone)", ["Alt+w"], () =>
    usePageState.setState((state) => ({ isWatchlistOpen: !state.isWatchlistOpen })),
  ),
  action("Page", "help", "This help", ["?"], () => openDialog({ kind: "help" })),
];
