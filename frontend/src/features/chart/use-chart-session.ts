// Ties the chart to React: one canvas for the life of the panel, one session for each choice.
import { type RefObject, useEffect, useRef, useState } from "react";
import { renewSession } from "@/api/client";
import { openMarketSocket } from "@/api/market-socket";
import { priceFormatter } from "@/lib/format";
import { browserEnvironment, ReconnectingSocket } from "@/lib/reconnecting-socket";
import type { Timeframe } from "@/lib/timeframe";
import { ChartSession, type ChartSources } from "./chart-session";
import type { ChartStore } from "./chart-store";
import { browserFrames } from "./feed/frame-batch";
import { chartPageFetcher } from "./history/chart-page";
import { CandleChart } from "./view/candle-chart";
import { onColorSchemeChange } from "./view/palette";

interface Choice {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly priceStep: number | null;
}

export function useChartSession(
  container: RefObject<HTMLElement | null>,
  store: ChartStore,
  { symbol, timeframe, priceStep }: Choice,
): CandleChart | null {
  const session = useRef<ChartSession | null>(null);
  const chart = useCandleChart(container, store, session);

  useEffect(() => {
    if (chart === null) return;
    chart.clear(priceFormatter(priceStep), priceStep ?? 0.01);
    const current = new ChartSession(chart, store, chartSources(symbol, timeframe));
    session.current = current;
    current.start();
    return () => {
      session.current = null;
      current.stop();
    };
  }, [chart, store, symbol, timeframe, priceStep]);

  return chart;
}

function useCandleChart(
  container: RefObject<HTMLElement | null>,
  store: ChartStore,
  session: RefObject<ChartSession | null>,
): CandleChart | null {
  const [chart, setChart] = useState<CandleChart | null>(null);
  useEffect(() => {
    if (container.current === null) return;
    const created = new CandleChart(container.current, {
      onScroll: (barsBefore, isAtLatest) => {
        session.current?.scrolled(barsBefore);
        if (store.getState().isAtLatest !== isAtLatest) store.setState({ isAtLatest });
      },
      onHover: (time) => {
        const hoveredBar = time === null ? null : (session.current?.barAt(time) ?? null);
        store.setState({ hoveredBar });
      },
    });
    setChart(created);
    const stopWatching = onColorSchemeChange(() => created.applyColorScheme());
    return () => {
      stopWatching();
      setChart(null);
      created.remove();
    };
  }, [container, store, session]);
  return chart;
}

function chartSources(symbol: string, timeframe: Timeframe): ChartSources {
  return {
    market: `${symbol} ${timeframe}`,
    openSocket: () => openMarketSocket(symbol, timeframe),
    renewSession: async () => (await renewSession()) !== "lost",
    fetchPage: chartPageFetcher(symbol, timeframe),
    scheduleFrame: browserFrames,
    now: () => Date.now(),
    connect: (handlers) => new ReconnectingSocket(handlers, browserEnvironment),
  };
}
