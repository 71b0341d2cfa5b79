// A new alert as the dialog first shows it: on the active chart's market, on the side of the price
// that has yet to be reached.
import type { Definition } from "@/features/alerts/alerts-api";
import { chartStoreOf } from "./chart-stores";
import { activeCell, workspace } from "./workspace";

export function draftAlert(symbol: string, price: number | null): Definition {
  const { latestBars } = chartStoreOf(workspace.getState().active).getState();
  const last = latestBars.findLast(({ close }) => close !== null)?.close ?? null;
  const threshold = price ?? last;
  return {
    symbol,
    condition:
      threshold !== null && last !== null && threshold < last ? "PRICE_BELOW" : "PRICE_ABOVE",
    threshold,
    timeframe: activeCell().timeframe,
    channels: ["WEBSOCKET"],
    targets: {},
    message: "",
    cooldownSeconds: 60,
    recurring: false,
    enabled: true,
  };
}
