// The menu at a place of the chart, by right click or a long press.
import { useEffect, useRef } from "react";
import type { WatchedSymbol } from "@/api/symbols";
import { MenuItem } from "@/components/Menu";
import { priceFormatter, roundToStep } from "@/lib/format";
import { draftAlert } from "./alert-drafts";
import { chartStoreOf } from "./chart-stores";
import { type ChartMenu as MenuPlace, openDialog, usePageState } from "./page-state";
import { startReplay } from "./replay";
import { setPriceLines } from "./use-lines";
import { workspace } from "./workspace";

interface Props {
  readonly menu: MenuPlace;
  readonly symbol: WatchedSymbol;
}

const close = () => usePageState.setState({ menu: null });

export function ChartMenu({ menu, symbol }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    const away = (event: Event) => {
      const isInside = box.current?.contains(event.target as Node);
      if (!(event instanceof KeyboardEvent) ? !isInside : event.key === "Escape") close();
    };
    box.current?.querySelector("button")?.focus();
    document.addEventListener("pointerdown", away, { signal: stop.signal });
    document.addEventListener("keydown", away, { signal: stop.signal });
    return () => stop.abort();
  }, []);
  const price = roundToStep(menu.price, symbol.priceStep);
  const label = priceFormatter(symbol.priceStep)(price);
  const own = workspace.getState().priceLines[symbol.id] ?? [];
  const run = (act: () => void) => () => {
    act();
    close();
  };
  const view = chartStoreOf(menu.cell).getState().handle?.chart.view;
  return (
    <div
      ref={box}
      role="menu"
      tabIndex={-1}
      aria-label="Chart"
      style={{ left: `min(${menu.x}px, calc(100% - 14rem))`, top: `min(${menu.y}px, 60%)` }}
      className="absolute z-40 w-52 rounded-md border border-line bg-panel p-1.5 text-xs shadow-xl"
    >
      <MenuItem
        onPress={run(() =>
          openDialog({ kind: "alert", id: null, definition: draftAlert(symbol.id, price) }),
        )}
      >
        Alert at {label}
      </MenuItem>
      <MenuItem onPress={run(() => setPriceLines(symbol.id, [...own, price]))}>
        Price line at {label}
      </MenuItem>
      {own.length > 0 && (
        <MenuItem onPress={run(() => setPriceLines(symbol.id, []))}>Remove price lines</MenuItem>
      )}
      <MenuItem onPress={run(() => void navigator.clipboard?.writeText(String(price)))}>
        Copy price
      </MenuItem>
      {menu.time !== null && (
        <MenuItem onPress={run(() => startReplay(menu.time ?? 0))}>Replay from here</MenuItem>
      )}
      <MenuItem onPress={run(() => view?.latest())} hint="Home">
        Newest bar
      </MenuItem>
      <MenuItem onPress={run(() => view?.fit())} hint="Alt F">
        Show all loaded bars
      </MenuItem>
    </div>
  );
}
