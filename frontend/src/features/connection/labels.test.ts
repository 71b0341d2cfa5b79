// The words for the line and for the data.
import { describe, expect, it } from "vitest";
import type { FeedStatus } from "@/lib/connection-state";
import { connectionLabel, feedLabel, feedTone } from "./labels";

const status = (feed: FeedStatus["feed"], ageMs: number | null): FeedStatus => ({
  feed,
  ageMs,
  reportedAt: 1000,
});

describe("the connection in words", () => {
  it("counts down to the next attempt, and never below zero", () => {
    const connection = { kind: "reconnecting", retryAt: 5000 } as const;
    expect(connectionLabel(connection, 1200)).toBe("Reconnecting in 4 s");
    expect(connectionLabel(connection, 9000)).toBe("Reconnecting in 0 s");
  });

  it("names the other states", () => {
    expect(connectionLabel({ kind: "connected" }, 0)).toBe("Connected");
    expect(connectionLabel({ kind: "offline" }, 0)).toBe("Offline");
  });
});

describe("the data state in words", () => {
  it("gives a live feed its age as reported", () => {
    expect(feedLabel(status("live", 120), 1900)).toBe("Live · 120 ms");
  });

  it("lets a stale feed grow older between two reports", () => {
    expect(feedLabel(status("stale", 40_000), 6000)).toBe("Stale · 45 s");
    expect(feedTone(status("stale", 40_000), 6000)).toBe("warn");
  });

  it("does not call a feed live when the server has said nothing for long", () => {
    expect(feedLabel(status("live", 120), 31_000)).toBe("Silent 30 s");
    expect(feedTone(status("live", 120), 31_000)).toBe("warn");
  });

  it("takes a closed market for no fault", () => {
    expect(feedLabel(status("closed", null), 99_000)).toBe("Market closed");
    expect(feedTone(status("closed", null), 99_000)).toBe("quiet");
  });

  it("says that a feed is down", () => {
    expect(feedLabel(status("down", null), 1000)).toBe("Feed down");
    expect(feedTone(status("down", null), 1000)).toBe("bad");
  });
});
