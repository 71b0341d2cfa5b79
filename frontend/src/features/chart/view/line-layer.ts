// Horizontal lines at prices: the reader's own, and those of alerts. Some can be dragged.
import { type IPriceLine, type ISeriesApi, LineStyle } from "lightweight-charts";
import type { Palette } from "./palette";

export interface HorizontalLine {
  readonly id: string;
  readonly price: number;
  readonly title: string;
  readonly kind: "own" | "alert";
  readonly isDraggable: boolean;
}

const REACH_PIXELS = 5;

export class LineLayer {
  private drawn = new Map<string, { line: HorizontalLine; drawn: IPriceLine }>();

  constructor(
    private readonly candles: ISeriesApi<"Candlestick">,
    private palette: Palette,
  ) {}

  show(lines: readonly HorizontalLine[]): void {
    for (const { drawn } of this.drawn.values()) this.candles.removePriceLine(drawn);
    this.drawn = new Map(
      lines.map((line) => [
        line.id,
        { line, drawn: this.candles.createPriceLine(this.style(line)) },
      ]),
    );
  }

  applyPalette(palette: Palette): void {
    this.palette = palette;
    this.show([...this.drawn.values()].map(({ line }) => line));
  }

  /** The draggable line under the pointer. */
  at(y: number): HorizontalLine | null {
    for (const { line } of this.drawn.values()) {
      const place = this.candles.priceToCoordinate(line.price);
      if (line.isDraggable && place !== null && Math.abs(place - y) <= REACH_PIXELS) return line;
    }
    return null;
  }

  /** Follows the pointer; the price becomes true when the reader lets go. */
  preview(id: string, price: number): void {
    this.drawn.get(id)?.drawn.applyOptions({ price });
  }

  private style({ price, title, kind }: HorizontalLine) {
    const color = kind === "alert" ? this.palette.accent : this.palette.muted;
    const lineStyle = kind === "alert" ? LineStyle.LargeDashed : LineStyle.Dotted;
    return { price, title, color, lineStyle, lineWidth: 1 as const, axisLabelVisible: true };
  }
}
