// The two calls of the session, outside the store so that the store needs no network in tests.
import { api, bodyOf } from "@/api/client";
import type { SessionApi } from "./session-store";

export const sessionApi: SessionApi = {
  exchangeLoginCode: (code) => bodyOf(api.POST("/api/v1/auth/link", { body: { code } })),
  revoke: (refreshToken) =>
    bodyOf(api.POST("/api/v1/auth/logout", { body: { refresh_token: refreshToken } })),
};
