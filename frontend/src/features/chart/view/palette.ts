// Colours for the canvas, read from the same CSS variables the rest of the page uses.

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
  readonly partial: string;
  readonly healed: string;
  readonly revised: string;
  readonly suspect: string;
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
  partial: "--color-partial",
  healed: "--color-healed",
  revised: "--color-revised",
  suspect: "--color-suspect",
} as const satisfies Record<keyof Palette, string>;

export function readPalette(element: Element): Palette {
  const style = window.getComputedStyle(element);
  const entries = Object.entries(NAMES).map(([key, name]) => [
    key,
    style.getPropertyValue(name).trim(),
  ]);
  return Object.fromEntries(entries) as Palette;
}

export function onColorSchemeChange(callback: () => void): () => void {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  query.addEventListener("change", callback);
  return () => query.removeEventListener("change", callback);
}
