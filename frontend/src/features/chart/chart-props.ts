// What the page tells a chart, and what the chart tells the page.
import type { Bar } from "@/lib/bar";
import type { ChartSync } from "@/lib/chart-sync";
import type { ChartView } from "@/lib/chart-view";
import type { GapSpan } from "@/lib/gap-span";
import type { ChartStore } from "./chart-store";
import type { HorizontalLine } from "./view/line-layer";
import type { Shares } from "./view/pane-stack";
import type { Place } from "./view/reader-events";

export interface Instrument {
  readonly id: string;
  readonly symbol: string;
  readonly priceStep: number | null;
  readonly sizeStep: number | null;
}

/** The bus of a grid, with what this grid shares. */
export interface Syncing {
  readonly bus: ChartSync;
  readonly crosshair: boolean;
  readonly range: boolean;
}

export interface ChartProps {
  /** Tells the charts of a grid apart. */
  readonly id: string;
  readonly instrument: Instrument;
  readonly compared: readonly Instrument[];
  readonly view: ChartView;
  readonly paneShares: Shares;
  /** IANA name. */
  readonly zone: string;
  readonly isTruthShown: boolean;
  readonly gaps: readonly GapSpan[];
  readonly lines: readonly HorizontalLine[];
  /** Unix seconds; null shows the live market. */
  readonly replayUntil: number | null;
  readonly sync: Syncing;
  readonly store: ChartStore;
  onView(change: Partial<ChartView>): void;
  onPaneShares(shares: Shares): void;
  onMoveLine(id: string, price: number): void;
  onMenu(place: Place): void;
  onPick(bar: Bar): void;
}
