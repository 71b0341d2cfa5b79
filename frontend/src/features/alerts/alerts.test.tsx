// What the page makes of alerts: words, and a word when one fires.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { priceFormatter } from "@/lib/format";
import { alertWords } from "./alert-words";
import { alertsQuery, definitionOf, parseAlerts } from "./alerts-api";
import { FiredAlerts } from "./FiredAlerts";

afterEach(cleanup);

const RAW = {
  id: 7,
  symbol: "binance:BTCUSDT",
  condition: "PRICE_ABOVE",
  threshold: 61500.5,
  timeframe: "1m",
  channels: ["WEBSOCKET", "EMAIL"],
  targets: { EMAIL: "ann@example.com" },
  message: "sell",
  cooldown_seconds: 60,
  recurring: true,
  enabled: true,
  armed: true,
  fired_count: 0,
  last_fired_at: null,
};
const format = priceFormatter(0.01);

describe("an alert", () => {
  it("is read whole, and written back without its state", () => {
    const [alert] = parseAlerts({ alerts: [RAW, { id: 8, condition: "OF_A_NEWER_SERVER" }] });
    if (alert === undefined) throw new Error("The alert is not read.");
    expect(alert.targets).toEqual({ EMAIL: "ann@example.com" });
    expect(Object.keys(definitionOf(alert))).not.toContain("armed");
    expect(definitionOf(alert)).toMatchObject({ threshold: 61500.5, cooldownSeconds: 60 });
  });

  it("says what it waits for", () => {
    const [alert] = parseAlerts({ alerts: [RAW] });
    if (alert === undefined) throw new Error("The alert is not read.");
    expect(alertWords(alert, format)).toBe("Price rises above 61,500.50");
    expect(alertWords({ ...alert, condition: "RSI_BELOW", threshold: 30 }, format)).toBe(
      "RSI falls below 30, 1m",
    );
    expect(alertWords({ ...alert, condition: "VOLUME_SPIKE", threshold: 3 }, format)).toContain(
      "3×",
    );
  });
});

describe("a fired alert", () => {
  it("is told once, and only if it fired while the page was open", async () => {
    const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
    const answer = (count: number) =>
      client.setQueryData(
        alertsQuery.queryKey,
        parseAlerts({ alerts: [{ ...RAW, fired_count: count }] }),
      );
    answer(3);
    render(
      <QueryClientProvider client={client}>
        <FiredAlerts priceFormatterOf={() => format} onShow={() => undefined} />
      </QueryClientProvider>,
    );
    expect(screen.queryAllByTestId("fired-alert")).toHaveLength(0);
    answer(4);
    const told = await screen.findByTestId("fired-alert");
    expect(told.textContent).toContain("Price rises above 61,500.50");
  });
});
