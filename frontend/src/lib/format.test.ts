// Numbers and times in the words of the page.
import { describe, expect, it } from "vitest";
import {
  decimalsOfStep,
  formatAge,
  formatCompact,
  formatCount,
  formatPercent,
  formatTime,
  NO_VALUE,
  priceFormatter,
  sizeFormatter,
} from "./format";

describe("decimals of a step", () => {
  it.each([
    [0.01, 2],
    [0.25, 2],
    [0.5, 1],
    [1, 0],
    [10, 0],
    [0.1, 1],
    [0.00001, 5],
    [1e-8, 8],
  ])("of %d are %d", (step, decimals) => {
    expect(decimalsOfStep(step)).toBe(decimals);
  });
});

describe("prices and sizes", () => {
  it("have as many decimals as the step, also when they are zeros", () => {
    expect(priceFormatter(0.01)(64231.1)).toBe("64,231.10");
    expect(priceFormatter(1e-8)(0.0000112)).toBe("0.00001120");
    expect(priceFormatter(0.25)(281)).toBe("281.00");
    expect(sizeFormatter(0.00001)(1.5)).toBe("1.50000");
    expect(sizeFormatter(1)(1234)).toBe("1,234");
  });

  it("are readable without a known step", () => {
    expect(priceFormatter(null)(64231.1)).toBe("64,231.10");
    expect(priceFormatter(null)(1.08431)).toBe("1.0843");
    expect(priceFormatter(null)(0.00001234)).toBe("0.00001234");
    expect(priceFormatter(null)(0)).toBe("0.00");
  });

  it("are a dash when there are none", () => {
    expect(priceFormatter(0.01)(null)).toBe(NO_VALUE);
    expect(sizeFormatter(null)(null)).toBe(NO_VALUE);
    expect(formatCount(null)).toBe(NO_VALUE);
    expect(formatPercent(null)).toBe(NO_VALUE);
  });
});

describe("other numbers", () => {
  it("name counts with separators and large volumes in short", () => {
    expect(formatCount(12345)).toBe("12,345");
    expect(formatCompact(1_234_567)).toBe("1.23M");
  });

  it("give changes a sign", () => {
    expect(formatPercent(0.0123)).toBe("+1.23%");
    expect(formatPercent(-0.5)).toBe("-50.00%");
    expect(formatPercent(0)).toBe("0.00%");
  });

  it("write times in UTC whatever the browser's zone", () => {
    expect(formatTime(1_709_301_900)).toBe("2024-03-01 14:05");
  });

  it.each([
    [-5, "0 ms"],
    [120, "120 ms"],
    [4200, "4.2 s"],
    [40_000, "40 s"],
    [180_000, "3 min"],
    [18_000_000, "5 h"],
  ])("name an age of %d ms as %s", (age, words) => {
    expect(formatAge(age)).toBe(words);
  });
});
