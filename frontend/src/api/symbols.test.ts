// The symbol list as the server sends it.
import { describe, expect, it } from "vitest";
import { filterExchanges, findSymbol, parseExchanges } from "./symbols";

const BODY = {
  exchanges: [
    {
      exchange: "binance",
      market_open: true,
      simulated: true,
      symbols: [
        {
          id: "binance:BTCUSDT",
          symbol: "BTCUSDT",
          timeframes: ["1m", "1h", "9q"],
          price_step: 0.01,
          size_step: 0.00001,
          fresh: false,
          quality_score: 0.98,
        },
        { id: "binance:ETHUSDT" },
      ],
    },
  ],
};

describe("the symbol list", () => {
  it("keeps what it knows and leaves out timeframes it cannot show", () => {
    const [exchange] = parseExchanges(BODY);
    expect(exchange).toMatchObject({ marketOpen: true, simulated: true });
    expect(exchange?.symbols[0]).toMatchObject({
      timeframes: ["1m", "1h"],
      priceStep: 0.01,
      fresh: false,
      qualityScore: 0.98,
    });
  });

  it("takes a symbol about which little is known", () => {
    const symbol = findSymbol(parseExchanges(BODY), "binance:ETHUSDT");
    expect(symbol).toMatchObject({ symbol: "binance:ETHUSDT", fresh: null, priceStep: null });
    expect(symbol?.timeframes).toHaveLength(6);
  });

  it("finds a bare symbol only where a single exchange has it", () => {
    const [binance] = parseExchanges(BODY);
    if (binance === undefined) throw new Error("The test needs an exchange.");
    expect(findSymbol([binance], "BTCUSDT")?.id).toBe("binance:BTCUSDT");
    expect(findSymbol([binance, binance], "BTCUSDT")).toBeNull();
  });

  it("calls data simulated only when the server does", () => {
    expect(parseExchanges({ exchanges: [{ exchange: "kraken" }] })[0]?.simulated).toBe(false);
  });

  it("is empty for a body that is no list", () => {
    expect(parseExchanges("<html>")).toEqual([]);
  });

  it("is filtered by any part of the id", () => {
    const exchanges = parseExchanges(BODY);
    expect(filterExchanges(exchanges, " eth ")[0]?.symbols).toHaveLength(1);
    expect(filterExchanges(exchanges, "binance")[0]?.symbols).toHaveLength(2);
    expect(filterExchanges(exchanges, "doge")).toEqual([]);
  });
});
