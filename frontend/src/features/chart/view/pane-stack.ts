// The panes below the candles: in the reader's order, with the reader's heights, measured so that
// their headings can lie above the canvas.
import type { IChartApiBase, Time } from "lightweight-charts";
import type { IndicatorLayer } from "./indicator-layer";

export const PRICE_PANE = "price";
const PRICE_SHARE = 4;
const PANE_SHARE = 1;

export interface PaneBox {
  /** The id of the indicator, or "price". */
  readonly id: string;
  readonly top: number;
  readonly height: number;
}

export type Shares = Readonly<Record<string, number>>;

export class PaneStack {
  private readonly observer: ResizeObserver;
  private ids: readonly string[] = [PRICE_PANE];

  constructor(
    private readonly chart: IChartApiBase<Time>,
    onResize: () => void,
  ) {
    this.observer = new ResizeObserver(onResize);
  }

  arrange(layers: readonly IndicatorLayer[], shares: Shares): void {
    const stacked = layers.filter(({ indicator }) => indicator.place === "pane");
    for (const [index, layer] of stacked.entries()) layer.pane.moveTo(index + 1);
    this.ids = [PRICE_PANE, ...stacked.map(({ indicator }) => indicator.id)];
    this.chart.panes().forEach((pane, index) => {
      const id = this.ids[index] ?? PRICE_PANE;
      pane.setStretchFactor(shares[id] ?? (index === 0 ? PRICE_SHARE : PANE_SHARE));
    });
    this.watch();
  }

  /** The elements of panes exist only after the chart has laid itself out. */
  watch(): void {
    requestAnimationFrame(() => {
      this.observer.disconnect();
      for (const pane of this.chart.panes()) {
        const element = pane.getHTMLElement();
        if (element !== null) this.observer.observe(element);
      }
    });
  }

  boxes(container: HTMLElement): PaneBox[] {
    const origin = container.getBoundingClientRect().top;
    return this.chart.panes().flatMap((pane, index) => {
      const element = pane.getHTMLElement();
      const id = this.ids[index];
      if (element === null || id === undefined) return [];
      const { top, height } = element.getBoundingClientRect();
      return [{ id, top: Math.round(top - origin), height: Math.round(height) }];
    });
  }

  shares(): Record<string, number> {
    const panes = this.chart.panes();
    return Object.fromEntries(
      this.ids.flatMap((id, index) => {
        const share = panes[index]?.getStretchFactor();
        return share === undefined ? [] : [[id, Math.round(share * 1000) / 1000]];
      }),
    );
  }

  remove(): void {
    this.observer.disconnect();
  }
}
