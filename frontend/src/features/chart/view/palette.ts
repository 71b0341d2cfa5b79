// Colours for the canvas, read from the same CSS variables the rest of the page uses.
import type { PlotColor } from "@/lib/indicator-catalog";

export interface Palette {
  readonly panel: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly label: string;
  readonly grid: string;
  readonly rise: string;
  readonly fall: string;
  readonly riseSoft: string;
  readonly fallSoft: string;
  readonly gap: string;
  readonly healedSoft: string;
  readonly accent: string;
  readonly partial: string;
  readonly healed: string;
  readonly revised: string;
  readonly suspect: string;
  readonly plots: Readonly<Record<PlotColor, string>>;
}

const NAMES = {
  panel: "--color-panel",
  ink: "--color-ink",
  muted: "--color-muted",
  line: "--color-line",
  label: "--color-label",
  grid: "--color-grid",
  rise: "--color-rise",
  fall: "--color-fall",
  riseSoft: "--color-rise-soft",
  fallSoft: "--color-fall-soft",
  gap: "--color-gap",
  healedSoft: "--color-healed-soft",
  accent: "--color-accent",
  partial: "--color-partial",
  healed: "--color-healed",
  revised: "--color-revised",
  suspect: "--color-suspect",
} as const satisfies Record<Exclude<keyof Palette, "plots">, string>;

const PLOT_COLORS: readonly PlotColor[] = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
];

export function readPalette(element: Element): Palette {
  const style = window.getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const named = Object.entries(NAMES).map(([key, name]) => [key, read(name)]);
  const plots = PLOT_COLORS.map((color) => [color, read(`--color-plot-${color}`)]);
  return { ...Object.fromEntries(named), plots: Object.fromEntries(plots) } as Palette;
}

export function plotColor(palette: Palette, color: PlotColor): string {
  return palette.plots[color];
}
