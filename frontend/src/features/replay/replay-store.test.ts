// A replay goes on bar by bar and ends where the market is.
import { beforeEach, describe, expect, it } from "vitest";
import { createReplayStore, type ReplayStore } from "./replay-store";

let store: ReplayStore;

beforeEach(() => {
  store = createReplayStore();
});

describe("a replay", () => {
  it("stands where it was started until it is played", () => {
    store.getState().start(600);
    expect(store.getState()).toMatchObject({ until: 600, isPlaying: false });
  });

  it("goes on a bar at a time and stops at the end", () => {
    store.getState().start(600);
    store.getState().setPlaying(true);
    store.getState().advance(60, 720);
    expect(store.getState()).toMatchObject({ until: 660, isPlaying: true });
    store.getState().advance(60, 720);
    expect(store.getState()).toMatchObject({ until: 720, isPlaying: false });
  });

  it("goes back as well", () => {
    store.getState().start(600);
    store.getState().advance(-60, 720);
    expect(store.getState().until).toBe(540);
  });

  it("cannot be played before it is started, nor after it is over", () => {
    store.getState().setPlaying(true);
    store.getState().advance(60, 720);
    expect(store.getState()).toMatchObject({ until: null, isPlaying: false });
    store.getState().start(600);
    store.getState().setPlaying(true);
    store.getState().stop();
    expect(store.getState()).toMatchObject({ until: null, isPlaying: false });
  });
});
