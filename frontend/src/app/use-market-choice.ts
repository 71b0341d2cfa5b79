// The chosen symbol and timeframe, kept in the address; back and forward move between choices.
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { type MarketChoice, readMarketChoice, writeMarketChoice } from "./url-state";

const CHOICE_CHANGED = "tickloom:choice";

export function useMarketChoice(): [MarketChoice, (choice: Partial<MarketChoice>) => void] {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  const choice = useMemo(() => readMarketChoice(search), [search]);
  const choose = useCallback((change: Partial<MarketChoice>) => {
    const current = window.location.search;
    const next = writeMarketChoice(current, { ...readMarketChoice(current), ...change });
    if (next === current) return;
    window.history.pushState(null, "", `${window.location.pathname}${next}`);
    window.dispatchEvent(new Event(CHOICE_CHANGED));
  }, []);
  return [choice, choose];
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("popstate", onChange);
  window.addEventListener(CHOICE_CHANGED, onChange);
  return () => {
    window.removeEventListener("popstate", onChange);
    window.removeEventListener(CHOICE_CHANGED, onChange);
  };
}
