// What happened in a gap, in a sentence.
import { formatAge, formatCount } from "@/lib/format";
import type { Gap } from "./truth-api";

export function gapStory(gap: Gap): string {
  const trades = gap.missing === 1 ? "1 trade" : `${formatCount(gap.missing)} trades`;
  const why = gap.reason;
  if (gap.state === "open" && gap.missing === 0) return `No coverage: ${why}. It goes on.`;
  if (gap.state === "open") return `${trades} missed: ${why}. They are being fetched.`;
  if (gap.state === "unhealable") {
    return `${formatCount(gap.missing - gap.healed)} of ${trades} are lost: ${why}.`;
  }
  if (gap.missing === 0) return `No coverage${lasted(gap)}: ${why}. Nothing is missing.`;
  return `${trades} missed: ${why}. Fetched from the exchange${healedAfter(gap)}.`;
}

function lasted({ from, to }: Gap): string {
  return to === null ? "" : ` for ${formatAge((to - from) * 1000)}`;
}

function healedAfter({ detectedAt, closedAt }: Gap): string {
  if (detectedAt === null || closedAt === null || closedAt <= detectedAt) return "";
  return ` ${formatAge((closedAt - detectedAt) * 1000)} later`;
}
