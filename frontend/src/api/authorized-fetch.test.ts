// Requests with a token that may have expired.
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStorage } from "@/testing/memory-storage";
import { AuthorizedFetch } from "./authorized-fetch";
import { Credentials } from "./credentials";

const ORIGIN = "http://tickloom.test";

let credentials: Credentials;
let requests: string[];
let refreshAnswer: () => Response;
let authorized: AuthorizedFetch;

beforeEach(() => {
  credentials = new Credentials(new MemoryStorage());
  credentials.save({ accessToken: "old", refreshToken: "refresh-old" });
  requests = [];
  refreshAnswer = () => Response.json({ access_token: "new", refresh_token: "refresh-new" });
  authorized = new AuthorizedFetch(credentials, ORIGIN, async (request) => {
    const path = new URL(request.url).pathname;
    const token = request.headers.get("Authorization");
    requests.push(`${path} ${token}`);
    if (path.endsWith("/auth/refresh")) return refreshAnswer();
    return new Response(null, { status: token === "Bearer new" ? 200 : 401 });
  });
});

const ask = () => authorized.fetch(new Request(`${ORIGIN}/api/v1/symbols`));

describe("a request with an expired token", () => {
  it("renews the token and is repeated with the new one", async () => {
    expect((await ask()).status).toBe(200);
    expect(requests).toEqual([
      "/api/v1/symbols Bearer old",
      "/api/v1/auth/refresh null",
      "/api/v1/symbols Bearer new",
    ]);
    expect(credentials.current()?.refreshToken).toBe("refresh-new");
  });

  it("shares one renewal with others, because a refresh token works once", async () => {
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(requests.filter((line) => line.includes("refresh"))).toHaveLength(1);
  });

  it("ends the session with the server's reason when the renewal is refused", async () => {
    const reasons: string[] = [];
    credentials.onLoss((reason) => reasons.push(reason));
    refreshAnswer = () =>
      Response.json({ title: "x", detail: "Signed out elsewhere." }, { status: 401 });
    expect((await ask()).status).toBe(401);
    expect(reasons).toEqual(["Signed out elsewhere."]);
    expect(credentials.current()).toBeNull();
  });

  it("keeps the session when the server cannot be asked", async () => {
    refreshAnswer = () => new Response(null, { status: 503 });
    expect((await ask()).status).toBe(401);
    expect(credentials.current()).not.toBeNull();
  });
});

describe("a request beyond the server's limit", () => {
  const limited = (retryAfter: string) =>
    new Response(null, { status: 429, headers: { "Retry-After": retryAfter } });

  const askLimited = async (answers: Response[], method = "GET") => {
    const pauses: number[] = [];
    const patient = new AuthorizedFetch(
      credentials,
      ORIGIN,
      async () => answers.shift() ?? new Response(null, { status: 200 }),
      async (ms) => {
        pauses.push(ms);
      },
    );
    const { status } = await patient.fetch(new Request(`${ORIGIN}/api/v1/symbols`, { method }));
    return { status, pauses };
  };

  it("waits as long as the server says, longer each time, and asks again", async () => {
    expect(await askLimited([limited("1"), limited("2")])).toEqual({
      status: 200,
      pauses: [1000, 4000],
    });
  });

  it("gives up in the end, and at once where the wait is long", async () => {
    const many = Array.from({ length: 20 }, () => limited("1"));
    expect(await askLimited(many)).toEqual({
      status: 429,
      pauses: [1, 2, 3, 4, 5, 6, 7].map((seconds) => seconds * 1000),
    });
    expect(await askLimited([limited("600")])).toEqual({ status: 429, pauses: [] });
  });

  it("repeats nothing that changes something", async () => {
    expect(await askLimited([limited("1")], "POST")).toEqual({ status: 429, pauses: [] });
  });
});
