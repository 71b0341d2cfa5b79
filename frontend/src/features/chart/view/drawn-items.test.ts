// What of a bar reaches the canvas.
import { describe, expect, it } from "vitest";
import { bar, feedDownBar } from "@/testing/bars";
import { candleItem, plotItem, verdictMarker, volumeItem } from "./drawn-items";
import type { Palette } from "./palette";

const palette = new Proxy({} as Palette, { get: (_, name) => String(name) });

describe("drawing a bar", () => {
  it("makes a candle of its prices", () => {
    expect(candleItem(bar(60))).toEqual({ time: 60, open: 100, high: 110, low: 90, close: 105 });
  });

  it("colours the volume as the candle", () => {
    expect(volumeItem(bar(60), palette)).toMatchObject({ value: 12, color: "riseSoft" });
    expect(volumeItem(bar(60, { close: 99 }), palette)).toMatchObject({ color: "fallSoft" });
  });

  it("leaves a bar without prices blank", () => {
    expect(candleItem(feedDownBar(60))).toEqual({ time: 60 });
    expect(volumeItem(feedDownBar(60), palette)).toEqual({ time: 60 });
  });

  it("draws no value where an indicator has none yet", () => {
    const plot = { key: "macd_hist", label: "", kind: "histogram", color: "one" } as const;
    expect(plotItem(bar(60), plot, palette)).toEqual({ time: 60 });
    expect(plotItem(bar(60, { values: { macd_hist: null } }), plot, palette)).toEqual({ time: 60 });
    const falling = bar(60, { values: { macd_hist: -2 } });
    expect(plotItem(falling, plot, palette)).toEqual({ time: 60, value: -2, color: "fallSoft" });
  });

  it("marks every verdict but complete, and nothing that still forms", () => {
    expect(verdictMarker(bar(60), palette)).toBeNull();
    expect(verdictMarker(bar(60, { verdict: "healed" }), palette)).toMatchObject({
      color: "healed",
    });
    expect(verdictMarker(bar(60, { verdict: "partial", closed: false }), palette)).toBeNull();
    expect(verdictMarker(feedDownBar(60), palette)).toBeNull();
  });
});
