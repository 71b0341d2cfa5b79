// The horizontal lines of a chart: the reader's own by symbol.
import { useMemo } from "react";
import { useStore } from "zustand";
import type { WatchedSymbol } from "@/api/symbols";
import { isPriceAlert } from "@/features/alerts/alert-words";
import { definitionOf } from "@/features/alerts/alerts-api";
import { useAlertChange, useAlerts } from "@/features/alerts/use-alerts";
import type { HorizontalLine } from "@/features/chart/view/line-layer";
import { roundToStep } from "@/lib/format";
import { workspace } from "./workspace";

const ALERT = "alert-";
const NO_PRICES: readonly number[] = [];

export function useLines(symbol: WatchedSymbol) {
  const prices = useStore(workspace, ({ priceLines }) => priceLines[symbol.id] ?? NO_PRICES);
  const lines = useMemo<HorizontalLine[]>(
    () =>
      prices.map((price, index) => {
        return { id: `own-${index}`, price, title: "", kind: "own", isDraggable: true };
      }),
    [prices],
  );
  const { alertLines, moveAlert } = useAlertLines(symbol);
  const moveLine = (id: string, price: number) => {
    const rounded = roundToStep(price, symbol.priceStep);
    if (id.startsWith(ALERT)) return moveAlert(Number(id.slice(ALERT.length)), rounded);
    const index = Number(id.replace("own-", ""));
    setPriceLines(
      symbol.id,
      prices.map((each, at) => (at === index ? rounded : each)),
    );
  };
  return { lines: useMemo(() => [...lines, ...alertLines], [lines, alertLines]), moveLine };
}

/** Alerts on the price that have not fired: dragged to another price they are set anew. */
function useAlertLines(symbol: WatchedSymbol) {
  const { alerts } = useAlerts();
  const change = useAlertChange();
  const alertLines = useMemo(
    () =>
      alerts
        .filter((alert) => alert.symbol === symbol.id && alert.armed && isPriceAlert(alert))
        .map<HorizontalLine>(({ id, threshold, condition }) => ({
          id: `${ALERT}${id}`,
          price: threshold ?? 0,
          title: condition === "PRICE_ABOVE" ? "alert ↑" : "alert ↓",
          kind: "alert",
          isDraggable: true,
        })),
    [alerts, symbol.id],
  );
  const moveAlert = (id: number, threshold: number) => {
    const alert = alerts.find((each) => each.id === id);
    if (alert === undefined) return;
    change.mutate({ kind: "save", id, definition: { ...definitionOf(alert), threshold } });
  };
  return { alertLines, moveAlert };
}

export function setPriceLines(symbolId: string, prices: readonly number[]): void {
  const { priceLines, change } = workspace.getState();
  change({ priceLines: { ...priceLines, [symbolId]: prices } });
}
