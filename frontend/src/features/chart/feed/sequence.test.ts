// Holes in the numbers of the messages.
import { beforeEach, describe, expect, it } from "vitest";
import { Sequence } from "./sequence";

let sequence: Sequence;

beforeEach(() => {
  sequence = new Sequence();
  sequence.begin(10);
});

describe("the numbers of the messages", () => {
  it("ask for nothing as long as they follow one another", () => {
    expect([11, 12, 13].map((seq) => sequence.observe(seq, 0))).toEqual([null, null, null]);
  });

  it("ask to resume from the last number before a hole", () => {
    sequence.observe(11, 0);
    expect(sequence.observe(14, 0)).toBe(11);
  });

  it("ask once for a hole, and again only when no answer comes for a while", () => {
    expect(sequence.observe(13, 0)).toBe(10);
    expect(sequence.observe(14, 1000)).toBeNull();
    expect(sequence.observe(15, 5000)).toBe(10);
  });

  it("are satisfied by the missing message", () => {
    sequence.observe(13, 0);
    sequence.observe(11, 100);
    expect(sequence.observe(14, 9000)).toBeNull();
  });

  it("are satisfied by a new snapshot", () => {
    sequence.observe(13, 0);
    sequence.begin(20);
    expect(sequence.observe(21, 9000)).toBeNull();
  });

  it("take a repeated message for no hole", () => {
    sequence.observe(11, 0);
    expect(sequence.observe(11, 0)).toBeNull();
    expect(sequence.observe(12, 0)).toBeNull();
  });

  it("ask for nothing when the server does not number its messages", () => {
    expect(sequence.observe(null, 0)).toBeNull();
  });
});
