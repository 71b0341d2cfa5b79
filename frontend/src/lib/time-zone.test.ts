// Labels across changes of the clock; the data itself never moves.
import { describe, expect, it } from "vitest";
import { exchangeZone, formatZoned, offsetSeconds, zoneLabel, zoneOf } from "./time-zone";

const NEW_YORK = "America/New_York";
const at = (text: string) => Date.parse(text) / 1000;

describe("zoned labels", () => {
  it("skip the hour that spring takes", () => {
    expect(formatZoned(NEW_YORK, at("2024-03-10T06:59:00Z"))).toBe("2024-03-10 01:59");
    expect(formatZoned(NEW_YORK, at("2024-03-10T07:00:00Z"))).toBe("2024-03-10 03:00");
  });

  it("say the hour that autumn repeats twice, for two different times", () => {
    expect(formatZoned(NEW_YORK, at("2024-11-03T05:30:00Z"))).toBe("2024-11-03 01:30");
    expect(formatZoned(NEW_YORK, at("2024-11-03T06:30:00Z"))).toBe("2024-11-03 01:30");
    expect(zoneLabel(NEW_YORK, at("2024-11-03T05:30:00Z"))).toBe("UTC−4");
    expect(zoneLabel(NEW_YORK, at("2024-11-03T06:30:00Z"))).toBe("UTC−5");
  });

  it("agree with Intl for every hour of a year", () => {
    const zone = "Europe/Berlin";
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
    });
    for (let time = at("2024-01-01T00:00:00Z"); time < at("2025-01-01T00:00:00Z"); time += 3600) {
      expect(formatZoned(zone, time)).toBe(format.format(time * 1000));
    }
  });

  it("know half hours and midnight", () => {
    expect(zoneLabel("Asia/Kolkata", 0)).toBe("UTC+5:30");
    expect(formatZoned("Europe/Istanbul", at("2024-06-01T21:00:00Z"))).toBe("2024-06-02 00:00");
    expect(offsetSeconds("UTC", 12_345)).toBe(0);
  });
});

describe("the zone of a chart", () => {
  it.each([
    ["binance:BTCUSDT", "UTC"],
    ["alpaca:AAPL", NEW_YORK],
    ["yahoo:THYAO.IS", "Europe/Istanbul"],
  ])("is the exchange's own: %s in %s", (symbol, zone) => {
    expect(exchangeZone(symbol)).toBe(zone);
    expect(zoneOf("exchange", symbol)).toBe(zone);
    expect(zoneOf("utc", symbol)).toBe("UTC");
  });
});
