// The numbers of the bar under the crosshair, or of the newest one, with the indicators over it.
import type { ReactNode } from "react";
import { useStore } from "zustand";
import { type Bar, isPriced } from "@/lib/bar";
import { formatCount, formatPercent, type NumberFormatter } from "@/lib/format";
import { findIndicator } from "@/lib/indicator-catalog";
import { formatZoned, zoneLabel } from "@/lib/time-zone";
import { verdictColor, verdictWords } from "@/lib/verdict-words";
import type { ChartStore } from "./chart-store";
import { PlotValues } from "./PlotValues";

interface Props {
  readonly store: ChartStore;
  readonly formatPrice: NumberFormatter;
  readonly formatSize: NumberFormatter;
  readonly zone: string;
  readonly indicators: readonly string[];
}

export function BarLegend({ store, formatPrice, formatSize, zone, indicators }: Props) {
  const bar = useStore(store, (state) => state.hoveredBar ?? state.latestBars.at(-1) ?? null);
  if (bar === null) return null;
  const tone = isPriced(bar) && bar.close < bar.open ? "text-fall" : "text-rise";
  return (
    <div
      data-testid="bar-legend"
      className="pointer-events-none absolute top-1.5 left-2.5 z-10 flex max-w-[calc(100%-170px)] flex-col gap-y-0.5 text-xs tabular-nums"
    >
      <dl className="flex flex-wrap gap-x-3">
        <Fact name="Time">
          {formatZoned(zone, bar.time)} {zoneLabel(zone, bar.time)}
        </Fact>
        <Fact name="O" tone={tone}>
          {formatPrice(bar.open)}
        </Fact>
        <Fact name="H" tone={tone}>
          {formatPrice(bar.high)}
        </Fact>
        <Fact name="L" tone={tone}>
          {formatPrice(bar.low)}
        </Fact>
        <Fact name="C" tone={tone}>
          {formatPrice(bar.close)} {formatPercent(changeOf(bar))}
        </Fact>
        <Fact name="Vol">{formatSize(bar.volume)}</Fact>
        <Fact name="Trades">{formatCount(bar.trades)}</Fact>
        <Fact name="Verdict" tone={verdictColor(bar.verdict)}>
          {verdictWords(bar)}
        </Fact>
      </dl>
      <div className="flex flex-wrap gap-x-3">
        {indicators.map((id) => {
          const indicator = findIndicator(id);
          return indicator?.place === "overlay" ? (
            <PlotValues key={id} indicator={indicator} bar={bar} />
          ) : null;
        })}
      </div>
    </div>
  );
}

interface FactProps {
  readonly name: string;
  readonly tone?: string;
  readonly children: ReactNode;
}

function Fact({ name, tone = "text-ink", children }: FactProps) {
  const isHidden = name === "Time" || name === "Verdict";
  return (
    <div className="flex gap-1">
      <dt className={isHidden ? "sr-only" : "text-muted"}>{name}</dt>
      <dd className={tone}>{children}</dd>
    </div>
  );
}

function changeOf(bar: Bar): number | null {
  return isPriced(bar) && bar.open !== 0 ? bar.close / bar.open - 1 : null;
}
