// Errors in words a person can act on.
import { describe, expect, it } from "vitest";
import { describeProblem, isWorthRetrying, problemOfResponse } from "./problem";

describe("an answer that is an error", () => {
  it("is told in the words of its problem document", async () => {
    const body = { title: "Unknown symbol", status: 404, detail: "x:Y is not watched." };
    const problem = await problemOfResponse(Response.json(body, { status: 404 }));
    expect(describeProblem(problem)).toEqual({
      title: "Unknown symbol",
      detail: "x:Y is not watched.",
    });
    expect(isWorthRetrying(problem)).toBe(false);
  });

  it("gets words of its own when a proxy answers with a page", async () => {
    const problem = await problemOfResponse(new Response("<html>", { status: 502 }));
    expect(describeProblem(problem).title).toBe("The server has a problem");
    expect(isWorthRetrying(problem)).toBe(true);
  });

  it("says when to come back after too many requests", async () => {
    const headers = { "Retry-After": "7" };
    const problem = await problemOfResponse(new Response(null, { status: 429, headers }));
    expect(describeProblem(problem).detail).toBe("Try again in 7 s.");
  });

  it("is a dead line when there is no answer at all", () => {
    expect(describeProblem(new TypeError("Failed to fetch")).title).toBe(
      "The server cannot be reached",
    );
  });
});
