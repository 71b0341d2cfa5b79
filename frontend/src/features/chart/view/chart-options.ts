// The look of the chart and its scales, as options of the library.
import { ColorType, PriceScaleMode } from "lightweight-charts";
import type { Scale } from "@/lib/chart-view";
import type { Palette } from "./palette";
import type { ZonedAxis } from "./zoned-axis";

/** Wide enough to tell a body from a wick, on a phone as on a desk. */
export const BAR_SPACING_PIXELS = 9;
export const RIGHT_MARGIN_BARS = 6;

export const SCALE_MODES: Record<Scale, PriceScaleMode> = {
  normal: PriceScaleMode.Normal,
  log: PriceScaleMode.Logarithmic,
  percent: PriceScaleMode.Percentage,
  indexed: PriceScaleMode.IndexedTo100,
};

export function themeOptions({ panel, muted, line, grid, label }: Palette) {
  const crosshairLine = { color: muted, labelBackgroundColor: label };
  return {
    layout: {
      background: { type: ColorType.Solid as const, color: panel },
      textColor: muted,
      fontSize: 11,
      fontFamily: "ui-sans-serif, system-ui, sans-serif",
      // The licence of the library asks for this link.
      attributionLogo: true,
      panes: { separatorColor: line, separatorHoverColor: grid },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    rightPriceScale: { borderColor: line, minimumWidth: 72 },
    timeScale: { borderColor: line },
    crosshair: { mode: 0, vertLine: crosshairLine, horzLine: crosshairLine },
  };
}

export function axisOptions(axis: ZonedAxis) {
  return {
    autoSize: true,
    timeScale: {
      timeVisible: true,
      secondsVisible: false,
      rightOffset: RIGHT_MARGIN_BARS,
      minBarSpacing: 0.05,
      enableConflation: true,
      tickMarkFormatter: axis.tick,
    },
    localization: { timeFormatter: axis.label },
  };
}
