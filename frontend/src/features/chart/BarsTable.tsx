// The newest bars as a table: what a screen reader reads instead of a canvas, and what anyone
// sees who asks for exact numbers. It shows what the chart has drawn, no more and no less.
import { memo } from "react";
import { useStore } from "zustand";
import type { Bar } from "@/lib/bar";
import { formatCount, type NumberFormatter } from "@/lib/format";
import type { Plot } from "@/lib/indicator-catalog";
import { formatZoned } from "@/lib/time-zone";
import { verdictColor, verdictWords } from "@/lib/verdict-words";
import type { ChartStore } from "./chart-store";
import { formatValue, plotTitle } from "./indicator-words";

const COLUMNS = ["Time", "Open", "High", "Low", "Close", "Volume", "Trades", "Verdict"];

interface Formats {
  readonly formatPrice: NumberFormatter;
  readonly formatSize: NumberFormatter;
  readonly zone: string;
  /** Indicators that the chart shows get columns of their own. */
  readonly plots: readonly Plot[];
}

interface Props extends Formats {
  readonly store: ChartStore;
  readonly caption: string;
  readonly isShown: boolean;
}

export function BarsTable({ store, caption, isShown, ...formats }: Props) {
  const bars = useStore(store, (state) => state.latestBars);
  const market = useStore(store, (state) => state.market);
  return (
    <section
      aria-label={caption}
      tabIndex={isShown ? 0 : undefined}
      className={isShown ? "h-56 shrink-0 overflow-auto border-line border-t" : "sr-only"}
    >
      <table
        data-testid="bars-table"
        data-market={market}
        className="w-full text-right text-xs tabular-nums"
      >
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-panel text-muted">
          <tr>
            {[...COLUMNS, ...formats.plots.map(plotTitle)].map((name) => (
              <th key={name} scope="col" className="px-3 py-1.5 font-medium first:text-left">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars.toReversed().map((bar) => (
            <BarRow key={bar.time} bar={bar} {...formats} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Bars are immutable, so only rows whose bar changed are drawn again. */
const BarRow = memo(function BarRow({ bar, ...formats }: Formats & { bar: Bar }) {
  const { formatPrice, formatSize, zone, plots } = formats;
  return (
    <tr
      data-time={bar.time}
      data-closed={bar.closed}
      data-revision={bar.revision}
      className="border-line/60 border-t hover:bg-hover"
    >
      <th scope="row" className="px-3 py-1 text-left font-normal text-muted">
        {formatZoned(zone, bar.time)}
      </th>
      <td className="px-3 py-1">{formatPrice(bar.open)}</td>
      <td className="px-3 py-1">{formatPrice(bar.high)}</td>
      <td className="px-3 py-1">{formatPrice(bar.low)}</td>
      <td className="px-3 py-1">{formatPrice(bar.close)}</td>
      <td className="px-3 py-1">{formatSize(bar.volume)}</td>
      <td className="px-3 py-1">{formatCount(bar.trades)}</td>
      <td className={`px-3 py-1 ${verdictColor(bar.verdict)}`}>{verdictWords(bar)}</td>
      {plots.map((plot) => (
        <td key={plot.key} data-plot={plot.key} className="px-3 py-1">
          {formatValue(bar.values?.[plot.key] ?? null)}
        </td>
      ))}
    </tr>
  );
});
