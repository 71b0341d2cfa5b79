// The one session of the page, wired to the server.
import { credentials } from "@/api/client";
import { takeLoginCode } from "@/features/session/login-link";
import { sessionApi } from "@/features/session/session-api";
import { createSessionStore } from "@/features/session/session-store";

export const sessionStore = createSessionStore(credentials, sessionApi);

/** Outside React, which may render twice: a one-time code can be spent only once. */
export function signInByAddress(): void {
  const code = takeLoginCode(window);
  if (code !== null) void sessionStore.getState().signInWithCode(code);
}
