// fetch with the session's token. An expired access token is renewed once, behind the caller's back;
// when that fails too, the session is over and everyone who watches the credentials hears why.
import { type Credentials, parseTokens } from "./credentials";
import { problemOfResponse } from "./problem";

type Fetch = (request: Request) => Promise<Response>;

/** A grid of charts may ask faster than the server's limit for a moment; that is no news for the reader. */
const MOST_WAITS = 7;
const LONGEST_WAIT_SECONDS = 10;

/** "unavailable": the server could not be asked, which says nothing about the session. */
export type Renewal = "renewed" | "unavailable" | "lost";

export class AuthorizedFetch {
  private renewal: Promise<Renewal> | null = null;

  constructor(
    private readonly credentials: Credentials,
    private readonly baseUrl: string,
    private readonly send: Fetch = (request) => fetch(request),
    private readonly pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
  ) {}

  readonly fetch: Fetch = async (request) => {
    const again = request.clone();
    const response = await this.sendPatiently(request);
    if (response.status !== 401 || this.credentials.current() === null) return response;
    return (await this.renew()) === "renewed" ? this.send(this.withToken(again)) : response;
  };

  /** Single flight: a refresh token works once, so two renewals at a time would end the session. */
  readonly renew = (): Promise<Renewal> => {
    this.renewal ??= this.exchangeRefreshToken().finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  };

  private async sendPatiently(first: Request): Promise<Response> {
    let request = first;
    for (let waits = 1; ; waits++) {
      const again = request.clone();
      const response = await this.send(this.withToken(request));
      const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
      const mayWait = response.status === 429 && request.method === "GET" && waits <= MOST_WAITS;
      if (!mayWait || !(seconds <= LONGEST_WAIT_SECONDS)) return response;
      await this.pause(seconds * waits * 1000);
      request = again;
    }
  }

  private withToken(request: Request): Request {
    const tokens = this.credentials.current();
    if (tokens !== null) request.headers.set("Authorization", `Bearer ${tokens.accessToken}`);
    return request;
  }

  private async exchangeRefreshToken(): Promise<Renewal> {
    const tokens = this.credentials.current();
    if (tokens === null) return "lost";
    const response = await this.send(this.refreshRequest(tokens.refreshToken)).catch(() => null);
    if (response === null || response.status >= 500 || response.status === 429) {
      return "unavailable";
    }
    return response.ok ? this.accept(response) : this.giveUp(response);
  }

  private async accept(response: Response): Promise<Renewal> {
    const renewed = parseTokens(await response.json());
    if (renewed === null) return "unavailable";
    this.credentials.save(renewed);
    return "renewed";
  }

  private async giveUp(response: Response): Promise<Renewal> {
    const problem = await problemOfResponse(response);
    this.credentials.lose(problem.detail ?? problem.title);
    return "lost";
  }

  private refreshRequest(refreshToken: string): Request {
    return new Request(`${this.baseUrl}/api/v1/auth/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ refresh_token: refreshToken }),
    });
  }
}
