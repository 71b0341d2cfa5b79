// The desk survives a reload, a smaller grid and broken storage.
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStorage } from "@/testing/memory-storage";
import { createWorkspaceStore } from "./workspace-store";

let storage: MemoryStorage;

beforeEach(() => {
  storage = new MemoryStorage();
});

function reload() {
  return createWorkspaceStore(storage).getState();
}

describe("the desk", () => {
  it("remembers charts, indicators and heights of panes", () => {
    const store = createWorkspaceStore(storage);
    store.getState().changeActive({ symbol: "binance:BTCUSDT", indicators: ["rsi", "sma_20"] });
    store.getState().changeCell(0, { paneShares: { price: 3, rsi: 1 } });
    expect(reload().cells[0]).toMatchObject({
      symbol: "binance:BTCUSDT",
      indicators: ["rsi", "sma_20"],
      paneShares: { price: 3, rsi: 1 },
    });
  });

  it("does not remember where the reader had scrolled to", () => {
    createWorkspaceStore(storage)
      .getState()
      .changeActive({ range: { from: 1, to: 2 } });
    expect(reload().cells[0]?.range).toBeNull();
  });

  it("starts anew where the storage holds nonsense", () => {
    storage.setItem("tickloom.workspace", '{"desk": {"grid": "99", "cells": "no", "sync": 3}}');
    expect(reload()).toMatchObject({ grid: "1", zone: "exchange" });
    expect(reload().cells).toHaveLength(1);
  });

  it("fills a larger grid with charts like the active one and keeps them for later", () => {
    const store = createWorkspaceStore(storage);
    store.getState().changeActive({ symbol: "a:B" });
    store.getState().chooseGrid("4");
    store.getState().changeCell(3, { symbol: "c:D" });
    store.getState().activate(3);
    store.getState().chooseGrid("1");
    expect(store.getState()).toMatchObject({ active: 0, grid: "1" });
    store.getState().chooseGrid("4");
    expect(store.getState().cells[3]?.symbol).toBe("c:D");
  });

  it("passes a symbol on to the other charts only where that is shared", () => {
    const store = createWorkspaceStore(storage);
    store.getState().chooseGrid("2");
    store.getState().changeActive({ symbol: "a:B", timeframe: "1h" });
    expect(store.getState().cells[1]).toMatchObject({ symbol: null, timeframe: "1m" });
    store.getState().change({ sync: { ...store.getState().sync, symbol: true } });
    store.getState().changeActive({ symbol: "c:D", timeframe: "5m" });
    expect(store.getState().cells[1]).toMatchObject({ symbol: "c:D", timeframe: "1m" });
  });

  it("saves, opens and removes layouts by name", () => {
    const store = createWorkspaceStore(storage);
    store.getState().chooseGrid("4");
    store.getState().save("four");
    store.getState().chooseGrid("1");
    createWorkspaceStore(storage).getState().open("four");
    expect(reload().grid).toBe("4");
    store.getState().remove("four");
    expect(reload().saved).toEqual({});
  });
});
