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

export function parseTimeframe(text: string | null): Timeframe | null {
  return TIMEFRAMES.find((timeframe) => timeframe === text) ?? null;
}

/** For screen readers, which read "1m" as "one metre". */
export function spokenTimeframe(timeframe: Timeframe): string {
  return SPOKEN[timeframe];
}
