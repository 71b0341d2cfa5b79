// From the login link to the session and back out of it.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Credentials } from "@/api/credentials";
import { ApiProblem } from "@/api/problem";
import { MemoryStorage } from "@/testing/memory-storage";
import { takeLoginCode } from "./login-link";
import { createSessionStore, type SessionApi } from "./session-store";

const TOKENS = {
  access_token: "access",
  refresh_token: "refresh",
  token_type: "bearer",
  expires_in: 3600,
};

function addressBar(hash: string) {
  const replaceState = vi.fn();
  const location = { hash, pathname: "/", search: "?symbol=binance:BTCUSDT" };
  return { location, history: { replaceState, state: null } };
}

describe("the login link", () => {
  it("gives its code and is removed from the address bar", () => {
    const bar = addressBar("#login=one-time");
    expect(takeLoginCode(bar)).toBe("one-time");
    expect(bar.history.replaceState).toHaveBeenCalledWith(null, "", "/?symbol=binance:BTCUSDT");
  });

  it("leaves other fragments alone", () => {
    const bar = addressBar("#section");
    expect(takeLoginCode(bar)).toBeNull();
    expect(bar.history.replaceState).not.toHaveBeenCalled();
  });

  it("is removed even when its code is empty", () => {
    const bar = addressBar("#login=");
    expect(takeLoginCode(bar)).toBeNull();
    expect(bar.history.replaceState).toHaveBeenCalled();
  });
});

describe("the session", () => {
  let storage: MemoryStorage;
  let credentials: Credentials;
  let server: SessionApi;

  beforeEach(() => {
    storage = new MemoryStorage();
    credentials = new Credentials(storage);
    server = { exchangeLoginCode: async () => TOKENS, revoke: async () => undefined };
  });

  it("begins with the code of the link and survives a reload of the tab", async () => {
    const store = createSessionStore(credentials, server);
    expect(store.getState().status).toBe("signed-out");
    await store.getState().signInWithCode("one-time");
    expect(store.getState().status).toBe("signed-in");
    const reloaded = createSessionStore(new Credentials(storage), server);
    expect(reloaded.getState().status).toBe("signed-in");
  });

  it("says why a link did not do", async () => {
    server.exchangeLoginCode = () =>
      Promise.reject(new ApiProblem(401, "Not valid", "This login link has been used."));
    const store = createSessionStore(credentials, server);
    await store.getState().signInWithCode("used");
    expect(store.getState()).toMatchObject({
      status: "signed-out",
      reason: "This login link has been used.",
    });
  });

  it("does not begin without tokens", async () => {
    server.exchangeLoginCode = async () => ({ ok: true });
    const store = createSessionStore(credentials, server);
    await store.getState().signInWithCode("one-time");
    expect(store.getState().status).toBe("signed-out");
  });

  it("ends with a reason when the server no longer accepts its tokens", async () => {
    const store = createSessionStore(credentials, server);
    await store.getState().signInWithCode("one-time");
    credentials.lose("The token has expired.");
    expect(store.getState()).toMatchObject({
      status: "signed-out",
      reason: "The token has expired.",
    });
    expect(storage.length).toBe(0);
  });

  it("ends here even when the server cannot be told", async () => {
    server.revoke = () => Promise.reject(new TypeError("no network"));
    const store = createSessionStore(credentials, server);
    await store.getState().signInWithCode("one-time");
    await store.getState().signOut();
    expect(store.getState().status).toBe("signed-out");
    expect(credentials.current()).toBeNull();
  });
});
