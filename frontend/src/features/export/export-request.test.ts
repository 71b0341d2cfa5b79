// A view as a request that others can repeat.
import { describe, expect, it } from "vitest";
import { curlOf, exportQuery, fileName, pythonOf, type Shown } from "./export-request";

const SHOWN: Shown = {
  symbol: "binance:BTCUSDT",
  timeframe: "1m",
  indicators: ["rsi_14", "vwap"],
  range: { from: 600, to: 1200 },
};

describe("an export", () => {
  it("has all bars in view, the last one too", () => {
    expect(exportQuery(SHOWN, "csv", false)).toEqual({
      timeframe: "1m",
      format: "csv",
      start: 600,
      end: 1201,
    });
  });

  it("has everything where that is asked for, or nothing is in view", () => {
    expect(exportQuery(SHOWN, "parquet", true)).toEqual({ timeframe: "1m", format: "parquet" });
    expect(exportQuery({ ...SHOWN, range: null }, "csv", false)).not.toHaveProperty("start");
  });

  it("is named so that every file system takes it", () => {
    expect(fileName({ ...SHOWN, symbol: "kraken:BTC/USD" }, "csv")).toBe("kraken-BTC-USD-1m.csv");
  });
});

describe("a view to be copied", () => {
  it("is a curl line without the token", () => {
    expect(curlOf("https://t.test", SHOWN, 60)).toBe(
      `curl --header "Authorization: Bearer $TICKLOOM_TOKEN" ` +
        `'https://t.test/api/v1/charts/binance:BTCUSDT?timeframe=1m&limit=11&before=1201&indicators=rsi_14,vwap'`,
    );
  });

  it("cannot break out of the shell's quotes", () => {
    const line = curlOf("https://t.test", { ...SHOWN, symbol: "x:';rm -rf /;'" }, 60);
    expect(line.match(/'/g)).toHaveLength(2);
  });

  it("is a Python program of the client", () => {
    expect(pythonOf("https://t.test", SHOWN)).toContain(
      `tickloom.bars("binance:BTCUSDT", "1m", start=600, end=1201, indicators=("rsi_14", "vwap",))`,
    );
    expect(pythonOf("https://t.test", { ...SHOWN, range: null, indicators: [] })).toContain(
      `tickloom.bars("binance:BTCUSDT", "1m")`,
    );
  });
});
