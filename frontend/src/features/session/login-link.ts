// The one-time login link: `tickloom up` prints `http://host:port/#login=CODE`.
// A fragment never leaves the browser, but it stays in the address bar and the history,
// so it is taken out before anything else happens.

const FRAGMENT_KEY = "login";

export interface AddressBar {
  readonly location: Pick<Location, "hash" | "pathname" | "search">;
  readonly history: Pick<History, "replaceState" | "state">;
}

export function takeLoginCode({ location, history }: AddressBar): string | null {
  const fragment = new URLSearchParams(location.hash.replace(/^#/, ""));
  const code = fragment.get(FRAGMENT_KEY);
  if (code === null) return null;
  history.replaceState(history.state, "", location.pathname + location.search);
  return code === "" ? null : code;
}
