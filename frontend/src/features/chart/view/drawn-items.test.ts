// What of a bar reaches the canvas.
import { describe, expect, it } from "vitest";
import { bar, feedDownBar } from "@/testing/bars";
import { candleItem, gapItem, verdictMarker, volumeItem } from "./drawn-items";
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

  it("leaves a bar without prices blank and shades its place", () => {
    expect(candleItem(feedDownBar(60))).toEqual({ time: 60 });
    expect(volumeItem(feedDownBar(60), palette)).toEqual({ time: 60 });
    expect(gapItem(feedDownBar(60), palette)).toMatchObject({ time: 60, color: "gap" });
    expect(gapItem(bar(60), palette)).toEqual({ time: 60 });
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
