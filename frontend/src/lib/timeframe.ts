// The timeframes the product builds bars of, in the order people read them.

export const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;

export type Timeframe = (typeof TIMEFRAMES)[number];

export const DEFAULT_TIMEFRAME: Timeframe = "1m";

const SPOKEN: Record<Timeframe, string> = {
  "1m": "1 minute",
  "5m": "5 minutes",
  "15m": "15 minutes",
  "1h": "1 hour",
  "4h": "4 hours",
  "1d": "1 day",
};

const SECONDS: Record<Timeframe, number> = {
  "1m": 60,
  "5m": 300,
  "15m": 900,
  "1h": 3600,
  "4h": 14_400,
  "1d": 86_400,
};

export function parseTimeframe(text: string | null): Timeframe | null {
  return TIMEFRAMES.find((timeframe) => timeframe === text) ?? null;
}

/** For screen readers, which read "1m" as "one metre". */
export function spokenTimeframe(timeframe: Timeframe): string {
  return SPOKEN[timeframe];
}

export function secondsOf(timeframe: Timeframe): number {
  return SECONDS[timeframe];
}

/** What a trader types: "5" and "5m" are minutes, "60" and "1h" the same hour, "D" the day. */
export function timeframeOfTyping(text: string): Timeframe | null {
  const match = /^(\d*)\s*([mhd]?)$/.exec(text.trim().toLowerCase());
  if (match === null || text.trim() === "") return null;
  const count = match[1] === "" ? 1 : Number(match[1]);
  const unit = { m: 60, h: 3600, d: 86_400, "": 60 }[match[2] ?? ""] ?? 60;
  return TIMEFRAMES.find((timeframe) => SECONDS[timeframe] === count * unit) ?? null;
}
