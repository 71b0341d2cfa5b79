// What the page says of gaps, scores and versions.
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { gapStory } from "./gap-words";
import { formatScore, ScoreTimeline } from "./ScoreTimeline";
import { type Gap, parseGaps, parseQuality, parseVersions } from "./truth-api";

afterEach(cleanup);

const GAP: Gap = {
  number: 1,
  state: "healed",
  reason: "trade ids jumped",
  from: 1000,
  to: 1012,
  missing: 1200,
  healed: 1200,
  detectedAt: 1012,
  closedAt: 1013.5,
};

describe("the story of a gap", () => {
  it("says how many trades were missed, why, and how soon they came", () => {
    expect(gapStory(GAP)).toBe(
      "1,200 trades missed: trade ids jumped. Fetched from the exchange 1.5 s later.",
    );
  });

  it("does not call trades missing where a feed was down and nothing was traded", () => {
    expect(gapStory({ ...GAP, missing: 0, healed: 0, reason: "feed went down" })).toBe(
      "No coverage for 12 s: feed went down. Nothing is missing.",
    );
  });

  it("says what is lost for good, and what is still on its way", () => {
    expect(gapStory({ ...GAP, state: "unhealable", healed: 200 })).toContain("1,000 of 1,200");
    expect(gapStory({ ...GAP, state: "open", missing: 1 })).toContain("1 trade missed");
    expect(gapStory({ ...GAP, state: "open", missing: 0 })).toContain("It goes on.");
  });
});

describe("answers about the truth", () => {
  it("are read with the times as Unix seconds, and broken rows are left out", () => {
    const page = parseGaps({
      gaps: [{ gap_no: 3, state: "new kind", from_at: "1970-01-01T00:00:01.500Z" }, { gap_no: 4 }],
      next_cursor: "x",
    });
    expect(page.cursor).toBe("x");
    expect(page.rows).toHaveLength(1);
    expect(page.rows[0]).toMatchObject({ number: 3, from: 1.5, to: null, state: "unhealable" });
  });

  it("keep versions without prices", () => {
    const version = {
      time: 60,
      verdict: "feed_down",
      revision: 1,
      known_at: "1970-01-01T00:02:00Z",
    };
    expect(parseVersions({ versions: [version, "?"] }).rows).toEqual([
      { bar: expect.objectContaining({ open: null, revision: 1 }), knownAt: 120, replacedAt: null },
    ]);
  });
});

describe("the score", () => {
  it("is 100% only where nothing at all was wrong", () => {
    expect([1, 0.99999, 0.5, null].map(formatScore)).toEqual(["100%", "99.9%", "50.0%", "unknown"]);
  });

  it("is told in words too: the lowest stretch and what failed", () => {
    const quality = parseQuality({
      score: 0.99,
      timeline: [
        { time: 0, score: 1, lowest: 1, checked: 1000, failed: { price: 0 } },
        { time: 60, score: 0.5, lowest: 0.5, checked: 234, failed: { price: 2, volume: 1 } },
      ],
    });
    render(<ScoreTimeline quality={quality} zone="UTC" onShow={() => undefined} />);
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe(
      "Quality score since 1970-01-01 00:00: lowest 50.0% at 1970-01-01 00:01",
    );
    expect(screen.getByText(/1,234 trades checked/).textContent).toBe(
      "1,234 trades checked: 2 failed the price check, 1 failed the volume check.",
    );
  });
});
