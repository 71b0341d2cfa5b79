// Reading of bars as the server sends them.
import { describe, expect, it } from "vitest";
import { isPriced, parseBar, parseBars } from "./bar";

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
    expect(parseBars([RAW, { open: 1 }, null, "bar"])).toEqual([RAW]);
  });
});
