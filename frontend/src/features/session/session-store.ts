// The session as the page sees it: signed out (with the reason), signing in, signed in.
import { createStore, type StoreApi } from "zustand/vanilla";
import { type Credentials, parseTokens } from "@/api/credentials";
import { describeProblem } from "@/api/problem";

export type SessionStatus = "signed-out" | "signing-in" | "signed-in";

export interface Session {
  readonly status: SessionStatus;
  readonly reason: string | null;
  signInWithCode(code: string): Promise<void>;
  signOut(): Promise<void>;
}

export interface SessionApi {
  exchangeLoginCode(code: string): Promise<unknown>;
  revoke(refreshToken: string): Promise<unknown>;
}

export type SessionStore = StoreApi<Session>;

export function createSessionStore(credentials: Credentials, server: SessionApi): SessionStore {
  const store = createStore<Session>((set) => ({
    status: credentials.current() === null ? "signed-out" : "signed-in",
    reason: null,
    signInWithCode: async (code) => {
      set({ status: "signing-in", reason: null });
      set(await signIn(code, credentials, server));
    },
    signOut: async () => {
      const tokens = credentials.current();
      credentials.forget();
      set({ status: "signed-out", reason: null });
      // Signed out here whatever the server answers; it drops the tokens on expiry anyway.
      if (tokens !== null) await server.revoke(tokens.refreshToken).catch(() => undefined);
    },
  }));
  credentials.onLoss((reason) => store.setState({ status: "signed-out", reason }));
  return store;
}

async function signIn(
  code: string,
  credentials: Credentials,
  server: SessionApi,
): Promise<Pick<Session, "status" | "reason">> {
  credentials.forget();
  try {
    const tokens = parseTokens(await server.exchangeLoginCode(code));
    if (tokens === null) throw new Error("The server sent no tokens.");
    credentials.save(tokens);
    return { status: "signed-in", reason: null };
  } catch (error) {
    const { title, detail } = describeProblem(error);
    return { status: "signed-out", reason: detail ?? title };
  }
}
