// The one client of the page: typed by the server's OpenAPI document, signed with the session's token.
import createClient from "openapi-fetch";
import { AuthorizedFetch } from "./authorized-fetch";
import { Credentials } from "./credentials";
import { problemOfBody } from "./problem";
import type { paths } from "./schema";

const origin = window.location.origin;

export const credentials = new Credentials(window.sessionStorage);

const authorized = new AuthorizedFetch(credentials, origin);

export const renewSession = authorized.renew;

export const api = createClient<paths>({ baseUrl: origin, fetch: authorized.fetch });

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/**
 * The body of a successful answer, or an ApiProblem thrown. It is unknown on purpose: the caller
 * reads it with a parser, because a typed body is only as true as the server that sent it.
 */
export async function bodyOf(request: Promise<Answer>): Promise<unknown> {
  const { data, error, response } = await request;
  if (response.ok) return data;
  const problem = problemOfBody(error, response);
  if (response.status === 401) credentials.lose(problem.detail ?? problem.title);
  throw problem;
}
