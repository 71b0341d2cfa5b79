// The reader's alerts: what they wait for, whether they fired, and how to change them.
import { LoadingNotice, ProblemNotice } from "@/components/Notice";
import { formatCount, type NumberFormatter } from "@/lib/format";
import { formatZonedSeconds } from "@/lib/time-zone";
import { alertWords } from "./alert-words";
import type { Alert } from "./alerts-api";
import { useAlertChange, useAlerts } from "./use-alerts";

interface Props {
  readonly zone: string;
  readonly priceFormatterOf: (symbol: string) => NumberFormatter;
  readonly onNew: () => void;
  readonly onEdit: (alert: Alert) => void;
  readonly onClose: () => void;
}

export function AlertPanel({ zone, priceFormatterOf, onNew, onEdit, onClose }: Props) {
  const { alerts, error, isPending, refetch } = useAlerts();
  const change = useAlertChange();
  return (
    <aside
      aria-label="Alerts"
      data-testid="alert-panel"
      className="flex w-80 shrink-0 flex-col overflow-y-auto border-line border-l bg-panel max-md:absolute max-md:inset-y-0 max-md:right-0 max-md:z-30"
    >
      <header className="sticky top-0 flex items-center gap-2 border-line border-b bg-panel px-3 py-2">
        <h2 className="flex-1 font-medium text-sm">Alerts</h2>
        <button type="button" className="button" onClick={onNew}>
          New
        </button>
        <button type="button" className="button" aria-label="Close alerts" onClick={onClose}>
          ×
        </button>
      </header>
      {isPending && <LoadingNotice title="Loading alerts…" />}
      {error !== null && alerts.length === 0 && (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      )}
      {!isPending && error === null && alerts.length === 0 && (
        <p className="p-3 text-muted text-xs">
          None yet. Right-click a price on the chart, or press New.
        </p>
      )}
      <ul>
        {alerts.map((alert) => (
          <li
            key={alert.id}
            data-alert={alert.id}
            data-armed={alert.armed}
            className="border-line border-b px-3 py-2 text-xs"
          >
            <p className="font-medium">{alert.symbol}</p>
            <p>{alertWords(alert, priceFormatterOf(alert.symbol))}</p>
            {alert.message !== "" && <p className="text-muted">{alert.message}</p>}
            <p className="text-muted">{stateWords(alert, zone)}</p>
            <p className="mt-1 flex gap-1">
              <button type="button" className="button" onClick={() => onEdit(alert)}>
                {alert.armed ? "Change" : "Arm again"}
              </button>
              <button
                type="button"
                className="button"
                onClick={() => change.mutate({ kind: "remove", id: alert.id })}
              >
                Remove
              </button>
            </p>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function stateWords({ armed, recurring, firedCount, lastFiredAt }: Alert, zone: string): string {
  const waits = armed ? (recurring ? "Waits, again and again" : "Waits") : "Done";
  if (firedCount === 0 || lastFiredAt === null) return waits;
  const times = firedCount === 1 ? "once" : `${formatCount(firedCount)} times`;
  return `${waits}; fired ${times}, last ${formatZonedSeconds(zone, lastFiredAt)}`;
}
