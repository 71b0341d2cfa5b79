// A chart from socket to surface, without network, canvas or time.
import { beforeEach, describe, expect, it } from "vitest";
import type { Bar } from "@/lib/bar";
import { ReconnectingSocket } from "@/lib/reconnecting-socket";
import { bar, timesOf } from "@/testing/bars";
import { FakeEnvironment } from "@/testing/fake-clock";
import { FakeSocket } from "@/testing/fake-socket";
import { ChartSession } from "./chart-session";
import { type ChartStore, createChartStore } from "./chart-store";
import type { ChartPage } from "./history/chart-page";

let environment: FakeEnvironment;
let socket: FakeSocket;
let store: ChartStore;
let drawn: number[];
let tails: number[][];
let page: () => Promise<ChartPage>;
let session: ChartSession;
let frames: (() => void)[];

beforeEach(() => {
  environment = new FakeEnvironment();
  store = createChartStore();
  drawn = [];
  tails = [];
  frames = [];
  page = () => Promise.reject(new TypeError("no network"));
  const surface = {
    draw: (bars: readonly Bar[]) => {
      drawn = timesOf(bars);
    },
    drawTail: (bars: readonly Bar[]) => tails.push(timesOf(bars)),
  };
  session = new ChartSession(surface, store, {
    market: "binance:BTCUSDT 1m",
    openSocket: () => {
      socket = new FakeSocket();
      return socket.asWebSocket();
    },
    renewSession: () => Promise.resolve(true),
    fetchPage: () => page(),
    scheduleFrame: (callback) => {
      frames.push(callback);
      return () => {
        frames = [];
      };
    },
    now: environment.now,
    step: 60,
    range: null,
    connect: (handlers) => new ReconnectingSocket(handlers, environment),
  });
  session.start();
  socket.accept();
});

function drawFrame(): void {
  for (const frame of frames.splice(0)) frame();
}

async function settle(): Promise<void> {
  await new Promise((done) => setTimeout(done));
  drawFrame();
}

function receive(message: object): void {
  socket.receive(message);
  drawFrame();
}

function receiveInitial(bars: Bar[], facts: object = {}): void {
  receive({ type: "initial", symbol: "x", timeframe: "1m", bars, seq: 1, ...facts });
}

describe("a chart session", () => {
  it("draws the snapshot and then only the newest bars", () => {
    receiveInitial([bar(120), bar(60)]);
    receive({ type: "update", bars: [bar(180)], seq: 2 });
    expect(drawn).toEqual([60, 120]);
    expect(tails).toEqual([[180]]);
    expect(timesOf(store.getState().latestBars)).toEqual([60, 120, 180]);
  });

  it("asks to resume when a message is missing, and still draws what it has", () => {
    receiveInitial([bar(60)]);
    receive({ type: "update", bars: [bar(180)], seq: 4 });
    expect(socket.sent).toEqual([{ type: "resume", seq: 1 }]);
    expect(timesOf(store.getState().latestBars)).toEqual([60, 180]);
  });

  it("takes a second snapshot at any time", () => {
    receiveInitial([bar(60)]);
    receiveInitial([bar(6000)], { seq: 70 });
    expect(drawn).toEqual([6000]);
  });

  it("shows the newest fifty bars in the table", () => {
    receiveInitial(Array.from({ length: 80 }, (_, index) => bar(index * 60)));
    expect(store.getState().latestBars).toHaveLength(50);
    expect(store.getState().latestBars.at(-1)?.time).toBe(79 * 60);
  });

  it("says that there are no bars yet instead of loading for ever", () => {
    receiveInitial([]);
    expect(store.getState().phase).toBe("empty");
  });

  it("passes on whether the data is simulated and how old it is", () => {
    receiveInitial([bar(60)], { simulated: true });
    socket.receive({ type: "status", feed: "stale", age_ms: 40_000 });
    expect(store.getState().simulated).toBe(true);
    expect(store.getState().feed).toMatchObject({ feed: "stale", ageMs: 40_000 });
  });

  it("survives messages it cannot read", () => {
    socket.onmessage?.({ data: "<html>" });
    socket.receive({ type: "tomorrow" });
    receiveInitial([bar(60)]);
    expect(store.getState().phase).toBe("ready");
  });
});

describe("a chart session without socket", () => {
  it("shows history over REST when that works", async () => {
    page = () => Promise.resolve({ bars: [bar(60)], nextBefore: null });
    socket.drop(1006);
    await settle();
    expect(drawn).toEqual([60]);
    expect(store.getState().connection.kind).toBe("reconnecting");
  });

  it("says what failed when neither works, and loads again on request", async () => {
    socket.drop(1006);
    await settle();
    expect(store.getState().phase).toBe("failed");
    store.getState().retry();
    expect(store.getState().phase).toBe("loading");
  });

  it("keeps the bars on the screen when the line is lost later", async () => {
    receiveInitial([bar(60)]);
    socket.drop(1006);
    await settle();
    expect(store.getState().phase).toBe("ready");
  });

  it("leaves nothing behind when it is stopped", () => {
    const old = socket;
    session.stop();
    old.receive({ type: "initial", bars: [bar(60)], seq: 1 });
    expect(store.getState().phase).toBe("loading");
  });
});
