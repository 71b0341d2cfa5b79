// The pause before the next attempt.
import { describe, expect, it } from "vitest";
import { backoffDelay } from "./backoff";

describe("the pause before the next attempt", () => {
  it("doubles from attempt to attempt", () => {
    const longest = [0, 1, 2, 3].map((attempt) => backoffDelay(attempt, () => 1));
    expect(longest).toEqual([500, 1000, 2000, 4000]);
  });

  it("never exceeds half a minute, however many attempts failed", () => {
    expect(backoffDelay(12, () => 1)).toBe(30_000);
    expect(backoffDelay(5000, () => 1)).toBe(30_000);
  });

  it("is random in its upper half, so that browsers do not return together", () => {
    expect(backoffDelay(3, () => 0)).toBe(2000);
    expect(backoffDelay(3, () => 0.5)).toBe(3000);
  });
});
