// How long to wait before the next attempt to connect.
// Delays double up to a ceiling; half of each is random, so that the browsers of a whole office
// do not return in the same instant after a restart of the server.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

export function backoffDelay(attempt: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
