// The address reproduces the view: what is written can be read back.
import { describe, expect, it } from "vitest";
import { type ChartView, DEFAULT_VIEW, readView, writeView } from "./chart-view";

const VIEW: ChartView = {
  symbol: "binance:BTCUSDT",
  timeframe: "5m",
  indicators: ["volume", "rsi", "sma_20"],
  compare: ["binance:ETHUSDT"],
  scale: "log",
  range: { from: 1_700_000_000, to: 1_700_086_400 },
};

describe("the view in the address", () => {
  it("is the same after writing and reading", () => {
    expect({ ...DEFAULT_VIEW, ...readView(writeView("", VIEW)) }).toEqual(VIEW);
  });

  it("stays readable", () => {
    expect(writeView("", { ...DEFAULT_VIEW, symbol: "binance:BTCUSDT" })).toBe(
      "?symbol=binance:BTCUSDT&timeframe=1m",
    );
  });

  it("keeps what others have put there", () => {
    expect(writeView("?lang=tr", DEFAULT_VIEW)).toBe("?lang=tr&timeframe=1m");
  });

  it("tells no indicators from the usual ones", () => {
    const none = { ...DEFAULT_VIEW, indicators: [] };
    expect(readView(writeView("", none)).indicators).toEqual([]);
    expect(readView(writeView("", DEFAULT_VIEW)).indicators).toBeUndefined();
  });

  it.each(["?timeframe=9q", "?scale=tall", "?from=5&to=1", "?from=x&to=9", "?symbol="])(
    "ignores nonsense like %s",
    (search) => {
      expect(readView(search)).toEqual({});
    },
  );

  it("knows each indicator once, in the reader's order", () => {
    expect(readView("?indicators=rsi,volume,rsi,magic").indicators).toEqual(["rsi", "volume"]);
  });
});
