// One canvas for the life of a panel, fed by the props of the panel.
import { type RefObject, useEffect, useRef, useState } from "react";
import type { TimeRange } from "@/lib/chart-view";
import { onThemeChange } from "@/lib/theme";
import type { ChartProps } from "./chart-props";
import type { ChartSession } from "./chart-session";
import { CandleChart } from "./view/candle-chart";
import type { ChartEvents } from "./view/reader-events";

const SETTLED_MS = 400;

export type SessionRef = RefObject<ChartSession | null>;

export function useCandleChart(
  container: RefObject<HTMLElement | null>,
  props: ChartProps,
  session: SessionRef,
): CandleChart | null {
  const [chart, setChart] = useState<CandleChart | null>(null);
  const { store } = props;
  // The library's listeners live as long as the chart; they read the newest props.
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    if (container.current === null) return;
    const later = new Debounced();
    const events = chartEvents(latest, session, later, () => created);
    const created: CandleChart = new CandleChart(container.current, events);
    setChart(created);
    const bars = () => session.current?.bars ?? [];
    const show = (range: TimeRange) => void session.current?.show(range);
    const span = () => session.current?.span ?? null;
    store.setState({ handle: { chart: created, bars, span, show } });
    const stopWatching = onThemeChange(() => created.applyColorScheme());
    return () => {
      later.cancel();
      stopWatching();
      setChart(null);
      store.setState({ handle: null });
      created.remove();
    };
  }, [container, store, session]);
  return chart;
}

function chartEvents(
  latest: RefObject<ChartProps>,
  session: SessionRef,
  later: Debounced,
  chart: () => CandleChart | undefined,
): ChartEvents {
  const { store } = latest.current;
  return {
    onScroll: (barsBefore, isAtLatest) => {
      session.current?.scrolled(barsBefore);
      if (store.getState().isAtLatest !== isAtLatest) store.setState({ isAtLatest });
      shareRange(latest.current, chart());
      later.run("range", () => {
        const range = isAtLatest ? null : (chart()?.view.range() ?? null);
        if (latest.current.replayUntil === null) latest.current.onView({ range });
      });
    },
    onHover: (hover, isReader) => {
      const hoveredBar = hover === null ? null : (session.current?.barAt(hover.time) ?? null);
      const pointer = hover === null || !isReader ? null : { x: hover.x, y: hover.y };
      store.setState({ hoveredBar, pointer });
      const { sync, id } = latest.current;
      if (isReader && sync.crosshair) sync.bus.send({ from: id, crosshair: hover?.time ?? null });
    },
    onPick: (time) => {
      const bar = session.current?.barAt(time);
      if (bar) latest.current.onPick(bar);
    },
    onMenu: (place) => latest.current.onMenu(place),
    onMoveLine: (line, price) => latest.current.onMoveLine(line, price),
    onLayout: () => {
      const panes = chart()?.paneBoxes();
      if (panes === undefined) return;
      store.setState({ panes });
      later.run("panes", () => latest.current.onPaneShares(chart()?.paneShares() ?? {}));
    },
  };
}

/** Only the chart under the pointer or with the focus leads; the others would answer in a circle. */
function shareRange({ sync, id }: ChartProps, chart: CandleChart | undefined): void {
  const element = chart?.chart.chartElement();
  if (!sync.range || element === undefined || !element.matches(":hover, :focus-within *")) return;
  const range = chart?.view.range();
  if (range) sync.bus.send({ from: id, range });
}

class Debounced {
  private readonly timers = new Map<string, number>();

  run(name: string, callback: () => void): void {
    window.clearTimeout(this.timers.get(name));
    this.timers.set(name, window.setTimeout(callback, SETTLED_MS));
  }

  cancel(): void {
    for (const timer of this.timers.values()) window.clearTimeout(timer);
  }
}
