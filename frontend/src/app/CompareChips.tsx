// The symbols a chart is compared with, in the colours of their lines.

import type { Instrument } from "@/features/chart/chart-props";
import { COMPARE_COLORS } from "@/features/chart/view/compare-colors";

interface Props {
  readonly compared: readonly Instrument[];
  readonly onRemove: (id: string) => void;
}

export function CompareChips({ compared, onRemove }: Props) {
  if (compared.length === 0) return null;
  return (
    <ul
      aria-label="Compared symbols"
      className="flex gap-2 border-line border-b px-2.5 py-1 text-xs"
    >
      {compared.map(({ id, symbol }, index) => (
        <li key={id} data-compared={id} className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className="h-0.5 w-3"
            style={{
              background: `var(--color-plot-${COMPARE_COLORS[index % COMPARE_COLORS.length]})`,
            }}
          />
          {symbol}
          <button
            type="button"
            className="text-muted hover:text-ink"
            aria-label={`Stop comparing with ${symbol}`}
            onClick={() => onRemove(id)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
