// The chart with its legend, its headings, its states and its table.
import { useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { LoadingNotice, Notice, ProblemNotice } from "@/components/Notice";
import { priceFormatter, sizeFormatter } from "@/lib/format";
import { zoneLabel } from "@/lib/time-zone";
import { secondsOf, spokenTimeframe } from "@/lib/timeframe";
import { BarLegend } from "./BarLegend";
import { BarsTable } from "./BarsTable";
import { ChartControls } from "./ChartControls";
import type { ChartProps } from "./chart-props";
import type { ChartStore } from "./chart-store";
import { plotsOf } from "./indicator-words";
import { PaneHeadings } from "./PaneHeadings";
import { useChartSession } from "./use-chart-session";
import { VerdictTooltip } from "./VerdictTooltip";

export function ChartPanel(props: ChartProps) {
  const { instrument, view, store, zone, onView } = props;
  const container = useRef<HTMLElement>(null);
  const [isTableShown, setIsTableShown] = useState(false);
  const { priceStep, sizeStep } = instrument;
  useChartSession(container, props);
  const formatPrice = useMemo(() => priceFormatter(priceStep), [priceStep]);
  const formatSize = useMemo(() => sizeFormatter(sizeStep), [sizeStep]);
  const plots = useMemo(() => plotsOf(view.indicators), [view.indicators]);
  const spoken = `${instrument.symbol}, ${spokenTimeframe(view.timeframe)}`;
  const label = zoneLabel(zone, Date.now() / 1000);
  const formats = { formatPrice, formatSize, zone };
  return (
    <section
      aria-label={`Chart of ${spoken}`}
      className="group/chart flex min-h-0 min-w-0 flex-1 flex-col"
    >
      <div className="relative min-h-0 flex-1">
        <figure
          ref={container}
          aria-label={`Candlestick chart of ${spoken}. The table has the same numbers.`}
          className="absolute inset-0"
        />
        <BarLegend store={store} {...formats} indicators={view.indicators} />
        <PaneHeadings
          store={store}
          indicators={view.indicators}
          onChange={(indicators) => onView({ indicators })}
        />
        {props.isTruthShown && (
          <VerdictTooltip store={store} gaps={props.gaps} step={secondsOf(view.timeframe)} />
        )}
        <ChartControls
          store={store}
          scale={view.scale}
          onScale={(scale) => onView({ scale })}
          zoneLabel={label}
          isTableShown={isTableShown}
          onToggleTable={() => setIsTableShown(!isTableShown)}
        />
        <ChartStateOverlay store={store} />
      </div>
      <BarsTable
        store={store}
        caption={`Latest bars of ${spoken}, times in ${label}`}
        {...formats}
        plots={plots}
        isShown={isTableShown}
      />
    </section>
  );
}

function ChartStateOverlay({ store }: { readonly store: ChartStore }) {
  const retry = useStore(store, (state) => state.retry);
  const phase = useStore(store, (state) => state.phase);
  const error = useStore(store, (state) => state.error);
  if (phase === "ready") return null;
  return (
    <div className="absolute inset-0 z-20 grid place-items-center bg-panel">
      {phase === "loading" && <LoadingNotice title="Loading bars…" />}
      {phase === "empty" && (
        <Notice title="No bars yet" detail="The first bar appears as soon as a trade arrives." />
      )}
      {phase === "failed" && <ProblemNotice error={error} onRetry={retry} />}
    </div>
  );
}
