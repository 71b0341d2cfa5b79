// The title of the tab: symbol and last price, readable while another tab is in front.
import { useEffect } from "react";
import { useStore } from "zustand";
import type { WatchedSymbol } from "@/api/symbols";
import type { ChartStore } from "@/features/chart/chart-store";
import { priceFormatter } from "@/lib/format";

const PRODUCT = "Tickloom";

export function usePageTitle(symbol: WatchedSymbol | null, chartStore: ChartStore): void {
  const lastPrice = useLastPrice(chartStore);
  const priceStep = symbol?.priceStep ?? null;
  const name = symbol?.symbol ?? null;
  useEffect(() => {
    const price = lastPrice === null ? null : priceFormatter(priceStep)(lastPrice);
    const market = [name, price].filter((part) => part !== null).join(" ");
    document.title = market === "" ? PRODUCT : `${market} · ${PRODUCT}`;
  }, [name, lastPrice, priceStep]);
}

/** The close of the newest bar that has one. */
export function useLastPrice(chartStore: ChartStore): number | null {
  return useStore(chartStore, ({ latestBars }) => {
    return latestBars.findLast(({ close }) => close !== null)?.close ?? null;
  });
}
