// Reading of bars as the server sends them.
import { describe, expect, it } from "vitest";
import { isPriced, parseBar, parseColumns } from "./bar";

const RAW = {
  time: 1_700_000_040,
  open: 1,
  high: 3,
  low: 0.5,
  close: 2,
  volume: 10,
  trades: 4,
  vwap: 1.5,
  verdict: "revised",
  revision: 2,
  closed: true,
};

describe("reading a bar", () => {
  it("takes every field the server sends", () => {
    expect(parseBar(RAW)).toEqual(RAW);
  });

  it("has no prices when the feed was down", () => {
    const bar = parseBar({ ...RAW, open: null, high: null, low: null, close: null });
    expect(bar !== null && isPriced(bar)).toBe(false);
  });

  it("has no prices when even one of them is missing", () => {
    expect(parseBar({ ...RAW, low: null })?.open).toBeNull();
  });

  it("shows a verdict it does not know as suspect rather than complete", () => {
    expect(parseBar({ ...RAW, verdict: "reconstructed" })?.verdict).toBe("suspect");
  });

  it("leaves out what has no time", () => {
    expect(parseColumns([RAW, { open: 1 }, null, "bar"], {})).toEqual([RAW]);
  });

  it("keeps indicator values with the bar they belong to, also when a bar between is unreadable", () => {
    const bars = parseColumns([RAW, null, { ...RAW, time: RAW.time + 120 }], { rsi_14: [1, 2, 3] });
    expect(bars.map(({ values }) => values)).toEqual([{ rsi_14: 1 }, { rsi_14: 3 }]);
  });

  it("has null where a column is too short or holds no number", () => {
    const columns = { sma_20: [null], vwap: [] };
    expect(parseColumns([RAW], columns)[0]?.values).toEqual({ sma_20: null, vwap: null });
  });
});
