// Back-scroll: many calls by the chart, few by the loader.
import { beforeEach, describe, expect, it } from "vitest";
import { bar } from "@/testing/bars";
import type { ChartPage } from "./chart-page";
import { HistoryLoader } from "./history-loader";

interface Call {
  readonly before: number | null;
  readonly indicators: readonly string[];
  readonly signal: AbortSignal;
  readonly resolve: (page: ChartPage) => void;
  readonly reject: (error: Error) => void;
}

let calls: Call[];
let pages: ChartPage[];
let now: number;
let feed: readonly string[];
let loader: HistoryLoader;

beforeEach(() => {
  calls = [];
  pages = [];
  now = 0;
  feed = [];
  loader = new HistoryLoader(
    (before, indicators, signal) =>
      new Promise((resolve, reject) => calls.push({ before, indicators, signal, resolve, reject })),
    (page) => pages.push(page),
    () => now,
    () => feed,
  );
});

const page = (time: number, nextBefore: number | null): ChartPage => ({
  bars: [bar(time)],
  nextBefore,
});

async function answer(index: number, result: ChartPage | Error): Promise<void> {
  if (result instanceof Error) calls[index]?.reject(result);
  else calls[index]?.resolve(result);
  await new Promise((done) => setTimeout(done));
}

describe("scrolling back", () => {
  it("asks for the page before the oldest bar, once, however often the chart calls", () => {
    void loader.loadOlder(600);
    void loader.loadOlder(600);
    expect(calls.map(({ before }) => before)).toEqual([600]);
  });

  it("asks for the indicators that the live feed carries, and for none where it has none", async () => {
    void loader.loadOlder(600);
    await answer(0, page(540, 540));
    feed = ["rsi_14"];
    void loader.loadOlder(540);
    expect(calls.map(({ indicators }) => indicators)).toEqual([[], ["rsi_14"]]);
  });

  it("goes on where the server says the next page ends", async () => {
    void loader.loadOlder(600);
    await answer(0, page(540, 480));
    void loader.loadOlder(540);
    expect(calls[1]?.before).toBe(480);
  });

  it("ends at the beginning of the history", async () => {
    void loader.loadOlder(600);
    await answer(0, page(540, null));
    void loader.loadOlder(540);
    expect(calls).toHaveLength(1);
    expect(pages).toHaveLength(1);
  });

  it("pauses after a failure and then tries again", async () => {
    void loader.loadOlder(600);
    await answer(0, new TypeError("no network"));
    void loader.loadOlder(600);
    expect(calls).toHaveLength(1);
    now = 5000;
    void loader.loadOlder(600);
    expect(calls).toHaveLength(2);
  });

  it("drops a page that arrives after the chart moved to another symbol", async () => {
    void loader.loadOlder(600);
    loader.stop();
    await answer(0, page(540, null));
    expect(calls[0]?.signal.aborted).toBe(true);
    expect(pages).toEqual([]);
  });
});
