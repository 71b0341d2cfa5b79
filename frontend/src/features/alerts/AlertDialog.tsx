// Setting an alert, or changing one.
import { type FormEvent, useState } from "react";
import { describeProblem } from "@/api/problem";
import { Dialog } from "@/components/Dialog";
import { parseTimeframe, TIMEFRAMES } from "@/lib/timeframe";
import { CONDITION_NAMES, isPriceAlert } from "./alert-words";
import { CHANNELS, CONDITIONS, type Definition } from "./alerts-api";
import { useAlertChange } from "./use-alerts";

const CHANNEL_NAMES = {
  WEBSOCKET: "this page only",
  EMAIL: "e-mail",
  WEBHOOK: "webhook",
  SLACK: "Slack",
};
const TARGET_HINTS = {
  WEBSOCKET: "",
  EMAIL: "ann@example.com",
  WEBHOOK: "https://…",
  SLACK: "https://hooks.slack.com/…",
};

interface Props {
  /** Null for a new one. */
  readonly id: number | null;
  readonly definition: Definition;
  readonly onClose: () => void;
}

export function AlertDialog({ id, definition, onClose }: Props) {
  const [draft, setDraft] = useState(definition);
  const saving = useAlertChange();
  const edit = (change: Partial<Definition>) => setDraft({ ...draft, ...change });
  const other = draft.channels.find((channel) => channel !== "WEBSOCKET") ?? "WEBSOCKET";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate({ kind: "save", id, definition: draft }, { onSuccess: onClose });
  };
  const isCrossover = draft.condition === "MACD_CROSSOVER";
  return (
    <Dialog
      title={`${id === null ? "Alert on" : "Change alert on"} ${draft.symbol}`}
      onClose={onClose}
    >
      <form onSubmit={submit} className="flex flex-col gap-3 p-4 text-xs">
        <label className="flex flex-col gap-1">
          When
          <select
            className="field"
            value={draft.condition}
            onChange={(event) => {
              const condition = CONDITIONS.find((each) => each === event.target.value);
              if (condition === undefined) return;
              const threshold = condition === "MACD_CROSSOVER" ? null : (draft.threshold ?? 0);
              edit({ condition, threshold });
            }}
          >
            {CONDITIONS.map((condition) => (
              <option key={condition} value={condition}>
                {CONDITION_NAMES[condition]}
              </option>
            ))}
          </select>
        </label>
        {!isCrossover && (
          <label className="flex flex-col gap-1">
            {isPriceAlert(draft) ? "Price" : "Value"}
            <input
              data-autofocus
              required
              inputMode="decimal"
              pattern="[0-9]+([.][0-9]+)?"
              title="a number, as 61500.5"
              className="field tabular-nums"
              defaultValue={draft.threshold ?? ""}
              onChange={(event) => edit({ threshold: Number(event.target.value) })}
            />
          </label>
        )}
        {!isPriceAlert(draft) && (
          <label className="flex flex-col gap-1">
            Interval
            <select
              className="field"
              value={draft.timeframe}
              onChange={(event) => edit({ timeframe: parseTimeframe(event.target.value) ?? "1m" })}
            >
              {TIMEFRAMES.map((timeframe) => (
                <option key={timeframe}>{timeframe}</option>
              ))}
            </select>
          </label>
        )}
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={draft.recurring}
            onChange={(event) => edit({ recurring: event.target.checked })}
          />
          Again at every crossing
        </label>
        <label className="flex flex-col gap-1">
          Tell
          <select
            className="field"
            value={other}
            onChange={(event) => {
              const chosen = CHANNELS.find((each) => each === event.target.value) ?? "WEBSOCKET";
              const isOther = chosen !== "WEBSOCKET";
              const channels = isOther
                ? (["WEBSOCKET", chosen] as const)
                : (["WEBSOCKET"] as const);
              edit({ channels, targets: isOther ? { [chosen]: "" } : {} });
            }}
          >
            {CHANNELS.map((channel) => (
              <option key={channel} value={channel}>
                {CHANNEL_NAMES[channel]}
              </option>
            ))}
          </select>
        </label>
        {other !== "WEBSOCKET" && (
          <label className="flex flex-col gap-1">
            {other === "EMAIL" ? "Address" : "URL"}
            <input
              required
              className="field"
              placeholder={TARGET_HINTS[other]}
              value={draft.targets[other] ?? ""}
              onChange={(event) => edit({ targets: { [other]: event.target.value } })}
            />
          </label>
        )}
        <label className="flex flex-col gap-1">
          Note
          <input
            className="field"
            maxLength={500}
            value={draft.message}
            onChange={(event) => edit({ message: event.target.value })}
          />
        </label>
        {saving.error !== null && (
          <p role="alert" className="text-bad">
            {describeProblem(saving.error).detail ?? describeProblem(saving.error).title}
          </p>
        )}
        <div className="flex justify-end">
          <button type="submit" className="button button-primary" disabled={saving.isPending}>
            {id === null ? "Set alert" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
