// The horizontal lines of a chart: the reader's own by symbol.
import { useMemo } from "react";
import { useStore } from "zustand";
import type { WatchedSymbol } from "@/api/symbols";
import type { HorizontalLine } from "@/features/chart/view/line-layer";
import { roundToStep } from "@/lib/format";
import { workspace } from "./workspace";

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
  const moveLine = (id: string, price: number) => {
    const index = Number(id.replace("own-", ""));
    const rounded = roundToStep(price, symbol.priceStep);
    setPriceLines(
      symbol.id,
      prices.map((each, at) => (at === index ? rounded : each)),
    );
  };
  return { lines, moveLine };
}

export function setPriceLines(symbolId: string, prices: readonly number[]): void {
  const { priceLines, change } = workspace.getState();
  change({ priceLines: { ...priceLines, [symbolId]: prices } });
}
