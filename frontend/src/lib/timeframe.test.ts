// Typing of an interval, as traders do it on any chart.
import { describe, expect, it } from "vitest";
import { timeframeOfTyping } from "./timeframe";

describe("typing an interval", () => {
  it.each([
    ["5", "5m"],
    ["15m", "15m"],
    ["60", "1h"],
    ["1h", "1h"],
    ["240", "4h"],
    ["4H", "4h"],
    ["1d", "1d"],
    ["D", "1d"],
    ["1440", "1d"],
  ])("reads %s as %s", (text, timeframe) => {
    expect(timeframeOfTyping(text)).toBe(timeframe);
  });

  it.each(["", "7", "2h", "x", "5x"])("knows no interval %s", (text) => {
    expect(timeframeOfTyping(text)).toBeNull();
  });
});
