// Errors a person can act on. The server explains itself in problem documents (RFC 9457);
// what has no such document (a proxy's page, a dead line) gets words of its own.
import { asNumber, asObject, asText, parseJson } from "@/lib/json";

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null,
  ) {
    super(detail === null ? title : `${title}: ${detail}`);
  }
}

export interface ProblemText {
  readonly title: string;
  readonly detail: string | null;
}

export async function problemOfResponse(response: Response): Promise<ApiProblem> {
  const body = asObject(parseJson(await response.text().catch(() => "")));
  return problemOfBody(body, response);
}

export function problemOfBody(body: unknown, response: Response): ApiProblem {
  const document = asObject(body);
  const status = asNumber(document?.status) ?? response.status;
  const title = asText(document?.title) ?? defaultTitle(status);
  return new ApiProblem(status, title, asText(document?.detail) ?? retryHint(response));
}

export function describeProblem(error: unknown): ProblemText {
  if (error instanceof ApiProblem) return { title: error.title, detail: error.detail };
  if (error instanceof TypeError) {
    return {
      title: "The server cannot be reached",
      detail: "Check that Tickloom is running and that this machine is online.",
    };
  }
  return {
    title: "Something went wrong",
    detail: error instanceof Error ? error.message : String(error),
  };
}

/** Asking again can help when the line or the server failed, not when the request was wrong. */
export function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.status >= 500;
}

function defaultTitle(status: number): string {
  if (status === 401) return "The session has ended";
  if (status === 403) return "This account may not do that";
  if (status === 404) return "Not found";
  if (status === 429) return "Too many requests";
  return status >= 500 ? "The server has a problem" : `The request failed (${status})`;
}

function retryHint(response: Response): string | null {
  const seconds = response.headers.get("Retry-After");
  return seconds === null ? null : `Try again in ${seconds} s.`;
}
