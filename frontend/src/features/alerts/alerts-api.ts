// The reader's alerts on the server: listed, set, changed, removed.
import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { asArray, asBoolean, asNumber, asObject, asText } from "@/lib/json";
import { parseTimeframe, type Timeframe } from "@/lib/timeframe";

export const CONDITIONS = [
  "PRICE_ABOVE",
  "PRICE_BELOW",
  "RSI_ABOVE",
  "RSI_BELOW",
  "MACD_CROSSOVER",
  "VOLUME_SPIKE",
] as const;

export type Condition = (typeof CONDITIONS)[number];

export const CHANNELS = ["WEBSOCKET", "EMAIL", "WEBHOOK", "SLACK"] as const;

export type Channel = (typeof CHANNELS)[number];

export interface Definition {
  readonly symbol: string;
  readonly condition: Condition;
  /** Null for a crossover, which needs none. */
  readonly threshold: number | null;
  readonly timeframe: Timeframe;
  readonly channels: readonly Channel[];
  readonly targets: Readonly<Partial<Record<Channel, string>>>;
  readonly message: string;
  readonly cooldownSeconds: number;
  readonly recurring: boolean;
  readonly enabled: boolean;
}

export interface Alert extends Definition {
  readonly id: number;
  /** False once a one-time alert has fired. */
  readonly armed: boolean;
  readonly firedCount: number;
  readonly lastFiredAt: number | null;
}

const REFRESH_MS = 5_000;
const MOST_ALERTS = 500;

export const alertsQuery = queryOptions({
  queryKey: ["alerts"],
  queryFn: async ({ signal }) => {
    const params = { query: { limit: MOST_ALERTS } };
    return parseAlerts(await bodyOf(api.GET("/api/v1/alerts", { params, signal })));
  },
  refetchInterval: REFRESH_MS,
});

export function createAlert(definition: Definition): Promise<unknown> {
  return bodyOf(api.POST("/api/v1/alerts", { body: bodyOfDefinition(definition) }));
}

export function replaceAlert(id: number, definition: Definition): Promise<unknown> {
  const params = { path: { alert_id: id } };
  return bodyOf(
    api.PUT("/api/v1/alerts/{alert_id}", { params, body: bodyOfDefinition(definition) }),
  );
}

export function removeAlert(id: number): Promise<unknown> {
  return bodyOf(api.DELETE("/api/v1/alerts/{alert_id}", { params: { path: { alert_id: id } } }));
}

/** Without the state, which the server keeps. */
export function definitionOf(alert: Alert): Definition {
  const { id: _, armed, firedCount, lastFiredAt, ...definition } = alert;
  return definition;
}

function bodyOfDefinition(definition: Definition) {
  const { cooldownSeconds, channels, targets, ...same } = definition;
  return {
    ...same,
    cooldown_seconds: cooldownSeconds,
    channels: [...channels],
    targets: targets as Record<string, string>,
  };
}

export function parseAlerts(body: unknown): Alert[] {
  return asArray(asObject(body)?.alerts).flatMap((value) => {
    const raw = asObject(value);
    const [id, symbol] = [asNumber(raw?.id), asText(raw?.symbol)];
    const condition = CONDITIONS.find((known) => known === raw?.condition);
    if (raw === null || id === null || symbol === null || condition === undefined) return [];
    const firedAt = Date.parse(asText(raw.last_fired_at) ?? "");
    const targets = Object.entries(asObject(raw.targets) ?? {});
    return [
      {
        id,
        symbol,
        condition,
        threshold: asNumber(raw.threshold),
        timeframe: parseTimeframe(asText(raw.timeframe)) ?? "1m",
        channels: CHANNELS.filter((channel) => asArray(raw.channels).includes(channel)),
        targets: Object.fromEntries(targets.map(([channel, to]) => [channel, String(to)])),
        message: asText(raw.message) ?? "",
        cooldownSeconds: asNumber(raw.cooldown_seconds) ?? 60,
        recurring: asBoolean(raw.recurring) ?? false,
        enabled: asBoolean(raw.enabled) ?? true,
        armed: asBoolean(raw.armed) ?? true,
        firedCount: asNumber(raw.fired_count) ?? 0,
        lastFiredAt: Number.isNaN(firedAt) ? null : firedAt / 1000,
      },
    ];
  });
}
