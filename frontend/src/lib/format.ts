// Numbers and times as a trader expects them: as many decimals as the instrument's step has,
// never more, and times in UTC (the exchange's clock) without depending on the browser's locale.

const MAXIMUM_DECIMALS = 12;
export const NO_VALUE = "—";

export type NumberFormatter = (value: number | null) => string;

/** Digits after the point of a step: 0.01 has 2, 0.25 has 2, 1 has 0, 1e-8 has 8. */
export function decimalsOfStep(step: number): number {
  for (let decimals = 0; decimals < MAXIMUM_DECIMALS; decimals += 1) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-9 * Math.max(1, scaled) && scaled > 0.5) {
      return decimals;
    }
  }
  return MAXIMUM_DECIMALS;
}

export function priceFormatter(step: number | null): NumberFormatter {
  const fixed = step === null ? null : fixedFormatter(decimalsOfStep(step));
  return (price) => {
    if (price === null) return NO_VALUE;
    return fixed === null ? fixedFormatter(guessDecimals(price))(price) : fixed(price);
  };
}

export function sizeFormatter(step: number | null): NumberFormatter {
  const format = fixedFormatter(step === null ? 2 : decimalsOfStep(step));
  return (size) => (size === null ? NO_VALUE : format(size));
}

/** Without a known step, five significant digits or so: 64,231.10, 1.0843, 0.00001234. */
function guessDecimals(price: number): number {
  if (price === 0) return 2;
  return Math.min(8, Math.max(2, 4 - Math.floor(Math.log10(Math.abs(price)))));
}

function fixedFormatter(decimals: number): (value: number) => string {
  const format = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return (value) => format.format(value);
}

const countFormat = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function formatCount(count: number | null): string {
  return count === null ? NO_VALUE : countFormat.format(count);
}

const compactFormat = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** For axis labels, where 1.23M is worth more than every digit. */
export function formatCompact(value: number): string {
  return compactFormat.format(value);
}

export function formatPercent(ratio: number | null): string {
  if (ratio === null) return NO_VALUE;
  const sign = ratio > 0 ? "+" : "";
  return `${sign}${(ratio * 100).toFixed(2)}%`;
}

/** "2024-03-01 14:05", in UTC. */
export function formatTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace("T", " ");
}

/** An age small enough to read at a glance: "120 ms", "4.2 s", "40 s", "3 min", "5 h". */
export function formatAge(milliseconds: number): string {
  const age = Math.max(0, milliseconds);
  if (age < 1000) return `${Math.round(age)} ms`;
  if (age < 10_000) return `${(age / 1000).toFixed(1)} s`;
  if (age < 120_000) return `${Math.round(age / 1000)} s`;
  if (age < 7_200_000) return `${Math.round(age / 60_000)} min`;
  return `${Math.round(age / 3_600_000)} h`;
}

/** The nearest price an instrument can have; floating point must not add digits of its own. */
export function roundToStep(price: number, step: number | null): number {
  if (step === null || step <= 0) return price;
  return Number((Math.round(price / step) * step).toFixed(decimalsOfStep(step)));
}
