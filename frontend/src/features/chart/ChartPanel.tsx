// The chart with its legend, its states and its table.
import { useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { LoadingNotice, Notice, ProblemNotice } from "@/components/Notice";
import { priceFormatter, sizeFormatter } from "@/lib/format";
import { spokenTimeframe, type Timeframe } from "@/lib/timeframe";
import { BarLegend } from "./BarLegend";
import { BarsTable } from "./BarsTable";
import type { ChartStore } from "./chart-store";
import { useChartSession } from "./use-chart-session";

export interface Instrument {
  readonly id: string;
  readonly symbol: string;
  readonly priceStep: number | null;
  readonly sizeStep: number | null;
}

interface Props {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly store: ChartStore;
}

export function ChartPanel({ instrument, timeframe, store }: Props) {
  const container = useRef<HTMLElement>(null);
  const [isTableShown, setIsTableShown] = useState(false);
  const { id, symbol, priceStep, sizeStep } = instrument;
  const chart = useChartSession(container, store, { symbol: id, timeframe, priceStep });
  const isAtLatest = useStore(store, (state) => state.isAtLatest);
  const formatPrice = useMemo(() => priceFormatter(priceStep), [priceStep]);
  const formatSize = useMemo(() => sizeFormatter(sizeStep), [sizeStep]);
  const spoken = `${symbol}, ${spokenTimeframe(timeframe)}`;
  return (
    <section aria-label={`Chart of ${spoken}`} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="relative min-h-0 flex-1">
        <figure
          ref={container}
          aria-label={`Candlestick chart of ${spoken}. The table has the same numbers.`}
          className="absolute inset-0"
        />
        <BarLegend store={store} formatPrice={formatPrice} formatSize={formatSize} />
        <ChartStateOverlay store={store} />
        <span className="pointer-events-none absolute right-0 bottom-0 z-10 w-(--price-axis-width,72px) pb-1.5 text-center text-[11px] text-muted">
          UTC
        </span>
        {!isAtLatest && (
          <button
            type="button"
            className="button absolute right-[calc(var(--price-axis-width,72px)+12px)] bottom-9 z-10"
            onClick={() => chart?.scrollToLatest()}
          >
            Latest
          </button>
        )}
        <button
          type="button"
          className="button absolute top-1.5 right-[calc(var(--price-axis-width,72px)+12px)] z-20"
          aria-pressed={isTableShown}
          onClick={() => setIsTableShown(!isTableShown)}
        >
          Table
        </button>
      </div>
      <BarsTable
        store={store}
        caption={`Latest bars of ${spoken}, times in UTC`}
        formatPrice={formatPrice}
        formatSize={formatSize}
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
    <div className="absolute inset-0 z-10 grid place-items-center bg-panel">
      {phase === "loading" && <LoadingNotice title="Loading bars…" />}
      {phase === "empty" && (
        <Notice title="No bars yet" detail="The first bar appears as soon as a trade arrives." />
      )}
      {phase === "failed" && <ProblemNotice error={error} onRetry={retry} />}
    </div>
  );
}
