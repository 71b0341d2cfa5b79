// Bars for tests: complete, closed and with round numbers unless the test says otherwise.
import type { Bar, EmptyBar, PricedBar } from "@/lib/bar";

export function bar(time: number, facts: Partial<PricedBar> = {}): PricedBar {
  return {
    time,
    open: 100,
    high: 110,
    low: 90,
    close: 105,
    volume: 12,
    trades: 3,
    vwap: 101,
    verdict: "complete",
    revision: 0,
    closed: true,
    ...facts,
  };
}

export function feedDownBar(time: number): EmptyBar {
  const prices = { open: null, high: null, low: null, close: null, vwap: null };
  return {
    time,
    ...prices,
    volume: null,
    trades: 0,
    verdict: "feed_down",
    revision: 0,
    closed: true,
  };
}

export function timesOf(bars: readonly Bar[]): number[] {
  return bars.map(({ time }) => time);
}
