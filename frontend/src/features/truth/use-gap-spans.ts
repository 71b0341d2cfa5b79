// The gaps of a symbol as the chart shades and tells them.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { GapSpan } from "@/lib/gap-span";
import { gapStory } from "./gap-words";
import { type Gap, shadedGapsQuery } from "./truth-api";

/** `until` hides what a replay does not know yet. */
export function useGapSpans(symbol: string, until: number | null): readonly GapSpan[] {
  const { data } = useQuery(shadedGapsQuery(symbol));
  return useMemo(
    () => (data ?? []).filter(({ from }) => until === null || from < until).map(spanOf),
    [data, until],
  );
}

function spanOf(gap: Gap): GapSpan {
  const { from, to, state } = gap;
  const isHealed = state === "healed";
  return { from, to: to ?? Number.POSITIVE_INFINITY, isHealed, story: gapStory(gap) };
}
