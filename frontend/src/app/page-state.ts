// Which dialog, panel or page is open. It is not part of a view that a link would bring back.
import { create } from "zustand";
import type { Definition } from "@/features/alerts/alerts-api";
import type { Place } from "@/features/chart/view/reader-events";
import type { Timeframe } from "@/lib/timeframe";

export type OpenDialog =
  | { readonly kind: "search"; readonly typed: string }
  | { readonly kind: "interval"; readonly typed: string }
  | { readonly kind: "compare" }
  | { readonly kind: "indicators" }
  | { readonly kind: "help" }
  | { readonly kind: "alert"; readonly id: number | null; readonly definition: Definition };

export type SidePanel = "truth" | "alerts" | null;

export interface ChartMenu extends Place {
  readonly cell: number;
}

export interface PickedBar {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Open time, Unix seconds. */
  readonly time: number;
}

interface PageState {
  readonly dialog: OpenDialog | null;
  readonly panel: SidePanel;
  readonly menu: ChartMenu | null;
  readonly isWatchlistOpen: boolean;
  /** The bar whose history the side panel tells. */
  readonly picked: PickedBar | null;
}

export const usePageState = create<PageState>(() => ({
  dialog: null,
  panel: null,
  menu: null,
  isWatchlistOpen: false,
  picked: null,
}));

export function openDialog(dialog: OpenDialog | null): void {
  usePageState.setState({ dialog });
}

export function togglePanel(panel: SidePanel): void {
  usePageState.setState((state) => ({ panel: state.panel === panel ? null : panel }));
}
