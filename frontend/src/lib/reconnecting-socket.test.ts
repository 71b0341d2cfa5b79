// The life of the line to the server, with a clock, a network and chance in the test's hands.
import { beforeEach, describe, expect, it } from "vitest";
import { FakeEnvironment } from "@/testing/fake-clock";
import { FakeSocket } from "@/testing/fake-socket";
import type { ConnectionState } from "./connection-state";
import { ReconnectingSocket } from "./reconnecting-socket";

let environment: FakeEnvironment;
let sockets: FakeSocket[];
let states: ConnectionState[];
let messages: string[];
let isSessionRenewed: boolean;
let line: ReconnectingSocket;

beforeEach(() => {
  environment = new FakeEnvironment();
  sockets = [];
  states = [];
  messages = [];
  isSessionRenewed = true;
  line = new ReconnectingSocket(
    {
      open: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket.asWebSocket();
      },
      onMessage: (text) => messages.push(text),
      onState: (state) => states.push(state),
      renewSession: () => Promise.resolve(isSessionRenewed),
    },
    environment,
  );
  line.start();
});

const newest = () => sockets.at(-1) as FakeSocket;

describe("a lost line", () => {
  it("says when it will try again, and does so then", () => {
    newest().accept();
    newest().drop(1006);
    expect(states.at(-1)).toEqual({ kind: "reconnecting", retryAt: 250 });
    environment.advance(249);
    expect(sockets).toHaveLength(1);
    environment.advance(1);
    expect(sockets).toHaveLength(2);
    expect(states.at(-1)).toEqual({ kind: "connecting" });
  });

  it("waits longer after each failure, also when the server accepts and closes at once", () => {
    const pauses = [0, 1, 2].map(() => {
      newest().accept();
      newest().drop(1012);
      const state = states.at(-1);
      const pause = state?.kind === "reconnecting" ? state.retryAt - environment.time : 0;
      environment.advance(pause);
      return pause;
    });
    expect(pauses).toEqual([250, 500, 1000]);
  });

  it("starts with a short pause again once data has arrived", () => {
    newest().drop(1006);
    environment.advance(250);
    newest().accept();
    newest().receive({ type: "status" });
    newest().drop(1006);
    expect(states.at(-1)).toEqual({ kind: "reconnecting", retryAt: 500 });
  });

  it("can be tried at once, and only once", () => {
    newest().drop(1006);
    line.retryNow();
    environment.advance(60_000);
    expect(sockets).toHaveLength(2);
  });
});

describe("a machine without network", () => {
  it("is shown as offline and connects when the network is back", () => {
    newest().accept();
    environment.setOnline(false);
    expect(states.at(-1)).toEqual({ kind: "offline" });
    expect(newest().isClosedByPage).toBe(true);
    environment.setOnline(true);
    expect(sockets).toHaveLength(2);
  });
});

describe("a refusal", () => {
  it("of an unknown symbol is not tried again", () => {
    newest().drop(4004);
    environment.advance(60_000);
    expect(states.at(-1)).toMatchObject({ kind: "refused", code: 4004 });
    expect(sockets).toHaveLength(1);
  });

  it("of an expired token renews the session and connects again", async () => {
    newest().drop(4001);
    await Promise.resolve();
    environment.advance(250);
    expect(sockets).toHaveLength(2);
  });

  it("of a session that is over ends there", async () => {
    isSessionRenewed = false;
    newest().drop(4001);
    await Promise.resolve();
    environment.advance(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("a stopped line", () => {
  it("hears nothing more, whatever the old socket says", () => {
    const old = newest();
    line.stop();
    old.receive({ type: "update" });
    old.drop(1006);
    environment.advance(60_000);
    expect(messages).toEqual([]);
    expect(sockets).toHaveLength(1);
  });

  it("does not come back when a session is renewed after the stop", async () => {
    newest().drop(4001);
    line.stop();
    await Promise.resolve();
    environment.advance(60_000);
    expect(sockets).toHaveLength(1);
  });
});
