// The address as the memory of the view.
import { describe, expect, it } from "vitest";
import { readMarketChoice, writeMarketChoice } from "./url-state";

describe("the address", () => {
  it("names symbol and timeframe readably", () => {
    const search = writeMarketChoice("", { symbol: "binance:BTCUSDT", timeframe: "5m" });
    expect(search).toBe("?symbol=binance:BTCUSDT&timeframe=5m");
  });

  it.each(["binance:BTCUSDT", "yahoo:THYAO.IS", "kraken:BTC/USDT", "ccxt:A&B=C+D E"])(
    "reads back the symbol %s",
    (symbol) => {
      const search = writeMarketChoice("", { symbol, timeframe: "1d" });
      expect(readMarketChoice(search)).toEqual({ symbol, timeframe: "1d" });
    },
  );

  it("leaves out what is not chosen and keeps what others put there", () => {
    const search = writeMarketChoice("?theme=dark&symbol=a:B", { symbol: null, timeframe: "1h" });
    expect(search).toBe("?theme=dark&timeframe=1h");
  });

  it("takes an unknown timeframe or an empty symbol for no choice", () => {
    expect(readMarketChoice("?symbol=&timeframe=7m")).toEqual({ symbol: null, timeframe: null });
  });
});
