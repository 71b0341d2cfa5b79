// The chosen symbol and timeframe, kept in the address; back and forward move between choices.
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { type MarketChoice, readMarketChoice, writeMarketChoice } from "./url-state";

const CHOICE_CHANGED = "tickloom:choice";

interface Choosing {
  /** "replace" for what the page chose itself: the back button should not lead there. */
  readonly history?: "push" | "replace";
}

export type Choose = (change: Partial<MarketChoice>, choosing?: Choosing) => void;

export function useMarketChoice(): [MarketChoice, Choose] {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  const choice = useMemo(() => readMarketChoice(search), [search]);
  const choose = useCallback<Choose>((change, { history = "push" } = {}) => {
    const current = window.location.search;
    const next = writeMarketChoice(current, { ...readMarketChoice(current), ...change });
    if (next === current) return;
    window.history[`${history}State`](null, "", `${window.location.pathname}${next}`);
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
