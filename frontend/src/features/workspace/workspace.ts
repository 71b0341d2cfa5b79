// The desk as data: which charts, in which grid, what they share, and the named layouts of it.
// Stored text is read as hostile input: a broken or older layout costs only itself.
import { type ChartView, DEFAULT_VIEW, SCALES } from "@/lib/chart-view";
import { knownIndicators } from "@/lib/indicator-catalog";
import { asArray, asBoolean, asNumber, asObject, asText, type JsonObject } from "@/lib/json";
import { ZONE_CHOICES, type ZoneChoice } from "@/lib/time-zone";
import { parseTimeframe } from "@/lib/timeframe";

export const GRIDS = ["1", "2", "2v", "4"] as const;

export type Grid = (typeof GRIDS)[number];

export const CELLS_OF_GRID: Record<Grid, number> = { "1": 1, "2": 2, "2v": 2, "4": 4 };

export const SYNC_ASPECTS = ["symbol", "timeframe", "crosshair", "range"] as const;

export type SyncAspect = (typeof SYNC_ASPECTS)[number];

/** Heights of panes as shares, by indicator; "price" is the first pane. */
export type PaneShares = Readonly<Record<string, number>>;

export interface Cell extends ChartView {
  readonly paneShares: PaneShares;
}

export interface Desk {
  readonly grid: Grid;
  /** One for each chart that was ever open, so that a grid made larger again finds its charts. */
  readonly cells: readonly Cell[];
  readonly sync: Readonly<Record<SyncAspect, boolean>>;
  readonly zone: ZoneChoice;
  readonly isTruthShown: boolean;
  /** Prices of the reader's own lines, by symbol. */
  readonly priceLines: Readonly<Record<string, readonly number[]>>;
}

export const DEFAULT_CELL: Cell = { ...DEFAULT_VIEW, paneShares: {} };

export const DEFAULT_DESK: Desk = {
  grid: "1",
  cells: [DEFAULT_CELL],
  sync: { symbol: false, timeframe: false, crosshair: true, range: false },
  zone: "exchange",
  isTruthShown: true,
  priceLines: {},
};

export function parseDesk(value: unknown): Desk {
  const raw = asObject(value);
  const cells = asArray(raw?.cells).slice(0, 4).map(parseCell);
  const sync = asObject(raw?.sync) ?? {};
  return {
    grid: GRIDS.find((grid) => grid === raw?.grid) ?? DEFAULT_DESK.grid,
    cells: cells.length === 0 ? DEFAULT_DESK.cells : cells,
    sync: Object.fromEntries(
      SYNC_ASPECTS.map((aspect) => [aspect, asBoolean(sync[aspect]) ?? DEFAULT_DESK.sync[aspect]]),
    ) as Record<SyncAspect, boolean>,
    zone: ZONE_CHOICES.find((zone) => zone === raw?.zone) ?? DEFAULT_DESK.zone,
    isTruthShown: asBoolean(raw?.isTruthShown) ?? true,
    priceLines: parseNumberLists(asObject(raw?.priceLines) ?? {}),
  };
}

function parseCell(value: unknown): Cell {
  const raw = asObject(value) ?? {};
  return {
    symbol: asText(raw.symbol),
    timeframe: parseTimeframe(asText(raw.timeframe)) ?? DEFAULT_CELL.timeframe,
    indicators: Array.isArray(raw.indicators)
      ? knownIndicators(textsOf(raw.indicators))
      : DEFAULT_CELL.indicators,
    compare: textsOf(raw.compare),
    scale: SCALES.find((scale) => scale === raw.scale) ?? "normal",
    // A range is a moment's view: the next visit follows the market again.
    range: null,
    paneShares: parseShares(asObject(raw.paneShares) ?? {}),
  };
}

function parseShares(raw: JsonObject): PaneShares {
  const shares: Record<string, number> = {};
  for (const [name, value] of Object.entries(raw)) {
    const share = asNumber(value);
    if (share !== null && share > 0) shares[name] = share;
  }
  return shares;
}

function parseNumberLists(raw: JsonObject): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(raw).map(([name, list]) => [
      name,
      asArray(list)
        .map(asNumber)
        .filter((price) => price !== null),
    ]),
  );
}

function textsOf(value: unknown): string[] {
  return asArray(value)
    .map(asText)
    .filter((text) => text !== null);
}
