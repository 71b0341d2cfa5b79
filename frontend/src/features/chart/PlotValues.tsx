// The values of one indicator at one bar, in the colours of its lines.
import type { Bar } from "@/lib/bar";
import type { Indicator } from "@/lib/indicator-catalog";
import { formatValue, plotValue } from "./indicator-words";

interface Props {
  readonly indicator: Indicator;
  readonly bar: Bar | null;
}

export function PlotValues({ indicator, bar }: Props) {
  return (
    <span data-indicator={indicator.id} className="flex gap-1.5 whitespace-nowrap">
      <span className="text-muted">{indicator.title}</span>
      {indicator.plots.map((plot) => (
        <span
          key={plot.key}
          data-plot={plot.key}
          style={{ color: `var(--color-plot-${plot.color})` }}
        >
          <span className="sr-only">{plot.label} </span>
          {formatValue(plotValue(bar, plot))}
        </span>
      ))}
    </span>
  );
}
