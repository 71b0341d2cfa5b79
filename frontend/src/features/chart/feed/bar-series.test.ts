// The order and the truth of bars, whatever the network does to them.
import { beforeEach, describe, expect, it } from "vitest";
import { bar, feedDownBar, timesOf } from "@/testing/bars";
import { BarSeries } from "./bar-series";

let series: BarSeries;

beforeEach(() => {
  series = new BarSeries();
  series.replace([bar(60), bar(120), bar(180, { closed: false })]);
});

describe("merging", () => {
  it("adds a new bar at the end as a change of the tail", () => {
    const change = series.merge([bar(180), bar(240, { closed: false })]);
    expect(change).toMatchObject({ kind: "tail" });
    expect(timesOf(series.bars)).toEqual([60, 120, 180, 240]);
  });

  it("updates the forming bar with what has been traded since", () => {
    series.merge([bar(180, { closed: false, close: 107, trades: 9 })]);
    expect(series.bars.at(-1)?.close).toBe(107);
  });

  it("ignores an older state of the forming bar that arrives late", () => {
    series.merge([bar(180, { closed: false, close: 107, trades: 9 })]);
    const change = series.merge([bar(180, { closed: false, close: 101, trades: 5 })]);
    expect(change.kind).toBe("none");
    expect(series.bars.at(-1)?.close).toBe(107);
  });

  it("never opens a closed bar again", () => {
    series.merge([bar(180, { close: 108, trades: 9 })]);
    series.merge([bar(180, { closed: false, close: 1, trades: 99 })]);
    expect(series.bars.at(-1)).toMatchObject({ close: 108, closed: true });
  });

  it("asks for a redraw when a bar is new between old ones", () => {
    const holed = new BarSeries();
    holed.replace([bar(0), bar(120)]);
    expect(holed.merge([bar(60)]).kind).toBe("redraw");
    expect(timesOf(holed.bars)).toEqual([0, 60, 120]);
  });

  it("keeps the indicators of a bar that arrives again without them", () => {
    const known = new BarSeries();
    known.replace([bar(0, { values: { rsi_14: 50 } })]);
    known.merge([bar(0, { revision: 1 })]);
    expect(known.at(0)).toMatchObject({ revision: 1, values: { rsi_14: 50 } });
  });

  it("knows which bars had closed at a time", () => {
    const past = new BarSeries();
    past.replace([bar(0), bar(60), bar(120)]);
    expect(timesOf(past.closedBy(120, 60))).toEqual([0, 60]);
    expect(timesOf(past.closedBy(119, 60))).toEqual([0]);
    expect(past.closedBy(-1, 60)).toEqual([]);
  });

  it("takes the higher revision of an old bar, which can be drawn in its place", () => {
    const change = series.merge([bar(60, { revision: 1, verdict: "revised", close: 99 })]);
    expect(change.kind).toBe("tail");
    expect(series.bars[0]).toMatchObject({ close: 99, verdict: "revised" });
  });

  it("keeps the higher revision when a lower one arrives after it", () => {
    series.merge([bar(60, { revision: 2, close: 99 })]);
    const change = series.merge([bar(60, { revision: 1, close: 50 })]);
    expect(change.kind).toBe("none");
    expect(series.bars[0]?.close).toBe(99);
  });

  it("takes a higher revision even with fewer trades, as after a cancelled trade", () => {
    series.merge([bar(60, { revision: 1, trades: 1 })]);
    expect(series.bars[0]?.trades).toBe(1);
  });

  it("puts a missing bar into its place", () => {
    series.replace([bar(60), bar(180)]);
    expect(series.merge([bar(120)]).kind).toBe("redraw");
    expect(timesOf(series.bars)).toEqual([60, 120, 180]);
  });

  it("brings unsorted and doubled bars into order", () => {
    series.merge([bar(360), bar(240), bar(300), bar(240, { revision: 1, close: 7 })]);
    expect(timesOf(series.bars)).toEqual([60, 120, 180, 240, 300, 360]);
    expect(series.bars[3]?.close).toBe(7);
  });

  it("keeps the place of a bar without prices, and fills it once it is healed", () => {
    series.merge([feedDownBar(240)]);
    expect(series.bars.at(-1)?.open).toBeNull();
    series.merge([bar(240, { verdict: "healed", revision: 1 })]);
    expect(series.bars.at(-1)).toMatchObject({ open: 100, verdict: "healed" });
  });

  it("stays strictly ascending under any order of arrival", () => {
    const arriving = [300, 60, 240, 240, 180, 420, 120, 360, 300].map((time) => bar(time));
    for (const one of arriving) series.merge([one]);
    expect(timesOf(series.bars)).toEqual([60, 120, 180, 240, 300, 360, 420]);
  });
});

describe("a snapshot", () => {
  it("replaces what we have, in order, even with lower revisions", () => {
    series.merge([bar(120, { revision: 3, close: 1 })]);
    series.replace([bar(180), bar(60), bar(120)]);
    expect(timesOf(series.bars)).toEqual([60, 120, 180]);
    expect(series.bars[1]?.close).toBe(105);
  });

  it("keeps older pages it overlaps, so that a reader who scrolled back keeps the place", () => {
    series.replace([bar(120), bar(180), bar(240)]);
    expect(timesOf(series.bars)).toEqual([60, 120, 180, 240]);
  });

  it("drops older pages when bars are missing in between", () => {
    series.replace([bar(600), bar(660)]);
    expect(timesOf(series.bars)).toEqual([600, 660]);
  });

  it("may be empty", () => {
    series.replace([]);
    expect(series.bars).toEqual([]);
  });
});

describe("an older page", () => {
  it("goes before what we have", () => {
    expect(series.prepend([bar(0), bar(30)]).kind).toBe("redraw");
    expect(timesOf(series.bars)).toEqual([0, 30, 60, 120, 180]);
  });

  it("does not undo what is newer where both overlap", () => {
    series.merge([bar(60, { revision: 1, close: 99 })]);
    expect(series.prepend([bar(60)]).kind).toBe("none");
    expect(series.bars[0]?.close).toBe(99);
  });
});
