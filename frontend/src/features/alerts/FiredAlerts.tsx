// A word on the page when an alert fires, until it is closed.
import { useEffect, useRef, useState } from "react";
import type { NumberFormatter } from "@/lib/format";
import { alertWords } from "./alert-words";
import type { Alert } from "./alerts-api";
import { useAlerts } from "./use-alerts";

const MOST_SHOWN = 4;

interface Props {
  readonly priceFormatterOf: (symbol: string) => NumberFormatter;
  readonly onShow: (symbol: string) => void;
}

export function FiredAlerts({ priceFormatterOf, onShow }: Props) {
  const { alerts } = useAlerts();
  const counts = useRef<ReadonlyMap<number, number> | null>(null);
  const [fired, setFired] = useState<readonly Alert[]>([]);
  useEffect(() => {
    const before = counts.current;
    counts.current = new Map(alerts.map(({ id, firedCount }) => [id, firedCount]));
    // What fired before the page was opened is in the panel, not news.
    const news = alerts.filter(
      ({ id, firedCount }) => firedCount > (before?.get(id) ?? firedCount),
    );
    if (news.length > 0) setFired((shown) => [...news, ...shown].slice(0, MOST_SHOWN));
  }, [alerts]);
  return (
    <ul
      aria-live="polite"
      aria-label="Fired alerts"
      className="absolute right-24 bottom-10 z-40 flex w-72 flex-col gap-2"
    >
      {fired.map((alert, index) => (
        <li
          key={`${alert.id} ${alert.firedCount}`}
          data-testid="fired-alert"
          className="flex items-start gap-2 rounded-md border border-accent bg-panel p-2.5 text-xs shadow-xl"
        >
          <button type="button" className="flex-1 text-left" onClick={() => onShow(alert.symbol)}>
            <span className="block font-medium">{alert.symbol}</span>
            <span className="block">{alertWords(alert, priceFormatterOf(alert.symbol))}</span>
            <span className="block text-muted">{alert.message}</span>
          </button>
          <button
            type="button"
            className="button"
            aria-label="Dismiss"
            onClick={() => setFired(fired.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
