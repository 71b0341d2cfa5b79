// Many messages, one drawing.
import { beforeEach, describe, expect, it } from "vitest";
import { bar, timesOf } from "@/testing/bars";
import { type Drawing, FrameBatch } from "./frame-batch";

let frames: (() => void)[];
let drawings: Drawing[];
let batch: FrameBatch;

beforeEach(() => {
  frames = [];
  drawings = [];
  const schedule = (callback: () => void) => {
    frames.push(callback);
    return () => {
      frames = frames.filter((frame) => frame !== callback);
    };
  };
  batch = new FrameBatch(schedule, (drawing) => drawings.push(drawing));
});

const nextFrame = () => frames.shift()?.();

describe("changes between two frames", () => {
  it("are drawn once, each bar in its latest state and in order", () => {
    batch.add({ kind: "tail", bars: [bar(120), bar(180)] });
    batch.add({ kind: "tail", bars: [bar(120, { close: 7 })] });
    expect(frames).toHaveLength(1);
    nextFrame();
    expect(drawings).toHaveLength(1);
    expect(timesOf(drawings[0]?.tail ?? [])).toEqual([120, 180]);
    expect(drawings[0]?.tail[0]?.close).toBe(7);
  });

  it("are covered by a redraw when one of them asks for it", () => {
    batch.add({ kind: "tail", bars: [bar(120)] });
    batch.add({ kind: "redraw" });
    nextFrame();
    expect(drawings).toEqual([{ redraw: true, tail: [] }]);
  });

  it("do not reach the next frame", () => {
    batch.add({ kind: "redraw" });
    nextFrame();
    batch.add({ kind: "tail", bars: [bar(120)] });
    nextFrame();
    expect(drawings[1]?.redraw).toBe(false);
  });

  it("that change nothing need no frame", () => {
    batch.add({ kind: "none" });
    expect(frames).toHaveLength(0);
  });

  it("are forgotten when the chart is stopped", () => {
    batch.add({ kind: "redraw" });
    batch.stop();
    nextFrame();
    expect(drawings).toEqual([]);
  });
});
