// Verdicts in words: what happened to a bar, for the legend and the table.
import type { Verdict } from "@/lib/bar";

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

export function verdictWords(verdict: Verdict): string {
  return WORDS[verdict];
}

export function verdictColor(verdict: Verdict): string {
  return TEXT_COLORS[verdict];
}
