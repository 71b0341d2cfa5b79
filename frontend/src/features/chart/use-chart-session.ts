// Ties the chart to React: one session for each choice of a market, and the settings of the view.
import { type RefObject, useEffect, useRef } from "react";
import { renewSession } from "@/api/client";
import { openMarketSocket } from "@/api/market-socket";
import type { TimeRange } from "@/lib/chart-view";
import { priceFormatter } from "@/lib/format";
import { browserEnvironment, ReconnectingSocket } from "@/lib/reconnecting-socket";
import { secondsOf, type Timeframe } from "@/lib/timeframe";
import type { ChartProps } from "./chart-props";
import { ChartSession, type ChartSources } from "./chart-session";
import { createChartStore } from "./chart-store";
import { browserFrames } from "./feed/frame-batch";
import { chartPageFetcher } from "./history/chart-page";
import { type SessionRef, useCandleChart } from "./use-candle-chart";
import type { CandleChart } from "./view/candle-chart";

export function useChartSession(
  container: RefObject<HTMLElement | null>,
  props: ChartProps,
): CandleChart | null {
  const session: SessionRef = useRef<ChartSession | null>(null);
  const chart = useCandleChart(container, props, session);
  const { instrument, view, store } = props;
  const { id, priceStep } = instrument;
  const { timeframe } = view;
  const { replayUntil } = props;
  const until = useRef(replayUntil);
  until.current = replayUntil;
  const firstRange = useRef(view.range);

  useEffect(() => {
    if (chart === null) return;
    chart.clear(priceFormatter(priceStep), priceStep ?? 0.01);
    // A range belongs to the link that opened the page, not to the next market.
    const sources = chartSources(id, timeframe, firstRange.current);
    firstRange.current = null;
    const current = new ChartSession(chart, store, sources);
    session.current = current;
    current.replayTo(until.current);
    current.start();
    return () => {
      session.current = null;
      current.stop();
    };
  }, [chart, store, id, timeframe, priceStep]);

  useSettings(chart, props);
  useCompared(chart, props, until);
  useSync(chart, props, session);
  useEffect(() => session.current?.replayTo(replayUntil), [replayUntil]);
  return chart;
}

function useSettings(chart: CandleChart | null, props: ChartProps): void {
  const { view, paneShares, zone, gaps, isTruthShown, lines, instrument } = props;
  const { indicators, scale, compare } = view;
  const shares = useRef(paneShares);
  shares.current = paneShares;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another price format needs new series
  useEffect(
    () => chart?.showIndicators(indicators, shares.current),
    [chart, indicators, instrument.id],
  );
  // Different symbols share a scale only as percentages.
  const drawnScale = compare.length > 0 && scale !== "indexed" ? "percent" : scale;
  useEffect(() => chart?.setScale(drawnScale), [chart, drawnScale]);
  useEffect(() => chart?.showZone(zone), [chart, zone]);
  useEffect(() => chart?.showTruth(gaps, isTruthShown), [chart, gaps, isTruthShown]);
  useEffect(() => chart?.showLines(lines), [chart, lines]);
}

function useCompared(
  chart: CandleChart | null,
  { compared, view: { timeframe }, store, replayUntil }: ChartProps,
  until: RefObject<number | null>,
): void {
  const sessions = useRef<readonly ChartSession[]>([]);
  useEffect(() => {
    for (const session of sessions.current) session.replayTo(replayUntil);
  }, [replayUntil]);
  useEffect(() => {
    if (chart === null) return;
    const running = compared.map(({ id, symbol }) => {
      const layer = chart.addCompared(symbol);
      const session = new ChartSession(
        layer,
        createChartStore(),
        chartSources(id, timeframe, null),
      );
      session.replayTo(until.current);
      session.start();
      return { layer, session };
    });
    sessions.current = running.map(({ session }) => session);
    // They follow the reader into the past as the chart itself does.
    const scale = chart.chart.timeScale();
    const follow = () => {
      const from = chart.view.range()?.from ?? Number.POSITIVE_INFINITY;
      for (const { session } of running) {
        const oldest = session.bars[0]?.time ?? Number.NEGATIVE_INFINITY;
        if (from - 100 * secondsOf(timeframe) < oldest) session.scrolled(0);
      }
    };
    scale.subscribeVisibleLogicalRangeChange(follow);
    return () => {
      scale.unsubscribeVisibleLogicalRangeChange(follow);
      for (const { layer, session } of running) {
        session.stop();
        if (store.getState().handle?.chart === chart) chart.removeCompared(layer);
      }
    };
  }, [chart, compared, timeframe, store, until]);
}

function useSync(chart: CandleChart | null, { sync, id }: ChartProps, session: SessionRef): void {
  const { bus, crosshair, range } = sync;
  useEffect(() => {
    if (chart === null) return;
    return bus.listen((message) => {
      if (message.from === id) return;
      if (crosshair && message.crosshair !== undefined) {
        const { crosshair: time } = message;
        const bar = time === null ? null : (session.current?.barAt(time) ?? null);
        chart.showCrosshair(time, bar?.close ?? null);
      }
      if (range && message.range !== undefined) chart.view.show(message.range);
    });
  }, [chart, bus, crosshair, range, id, session]);
}

function chartSources(symbol: string, timeframe: Timeframe, range: TimeRange | null): ChartSources {
  return {
    market: `${symbol} ${timeframe}`,
    openSocket: () => openMarketSocket(symbol, timeframe),
    renewSession: async () => (await renewSession()) !== "lost",
    fetchPage: chartPageFetcher(symbol, timeframe),
    scheduleFrame: browserFrames,
    now: () => Date.now(),
    connect: (handlers) => new ReconnectingSocket(handlers, browserEnvironment),
    step: secondsOf(timeframe),
    range,
  };
}
