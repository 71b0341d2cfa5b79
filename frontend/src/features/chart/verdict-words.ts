// Verdicts in words: what happened to a bar, for the legend and the table.
import type { Bar, Verdict } from "@/lib/bar";

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
