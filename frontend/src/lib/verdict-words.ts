// Verdicts in words: what happened to a bar, for the legend and the table.
import type { Bar, Verdict } from "./bar";

const WORDS: Record<Verdict, string> = {
  complete: "complete",
  partial: "partial",
  healed: "healed",
  revised: "revised",
  feed_down: "feed down",
  suspect: "suspect",
};

const TEXT_COLORS: Record<Verdict, string> = {
  complete: "text-muted",
  partial: "text-partial",
  healed: "text-healed",
  revised: "text-revised",
  feed_down: "text-bad",
  suspect: "text-suspect",
};

/** A bar that still forms is not called complete, whatever its verdict would be now. */
export function verdictWords({ closed, verdict }: Bar): string {
  if (closed) return WORDS[verdict];
  return verdict === "complete" ? "forming" : `${WORDS[verdict]}, forming`;
}

export function verdictColor(verdict: Verdict): string {
  return TEXT_COLORS[verdict];
}

const STORIES: Record<Verdict, string> = {
  complete: "Every trade of this bar was received in time.",
  partial: "Collection began or ended inside this bar: trades before or after are not in it.",
  healed: "Trades were missed at first. They were fetched from the exchange, and the bar is whole.",
  revised: "Trades or corrections came after the bar had closed. The earlier version is kept.",
  feed_down: "The feed was down. Nobody knows what was traded, so no price is shown.",
  suspect: "A quality check failed for trades of this bar. Compare it before relying on it.",
};

/** What happened, in a sentence; the side panel has the versions. */
export function verdictStory({ verdict, revision }: Bar): string {
  const versions = revision > 0 && verdict !== "revised" ? " It was revised later." : "";
  return STORIES[verdict] + versions;
}
