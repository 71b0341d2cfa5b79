// What the server knows of how bars were made: scores, the gap ledger, versions. Read with doubt, as
// every answer is: a row that cannot be read is left out.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import { type Bar, parseBar } from "@/lib/bar";
import { asArray, asNumber, asObject, asText, type JsonObject } from "@/lib/json";
import type { Timeframe } from "@/lib/timeframe";

const REFRESH_MS = 15_000;
const TIMELINE_STRETCHES = 240;
const PAGE_ROWS = 50;
/** More than a chart can tell apart. */
const MOST_SHADES = 1000;

export interface Stretch {
  readonly time: number;
  /** From 0 to 1. */
  readonly score: number;
  readonly lowest: number;
  readonly checked: number;
  readonly failed: Readonly<Record<string, number>>;
}

export interface Quality {
  readonly score: number | null;
  /** Oldest first. */
  readonly timeline: readonly Stretch[];
}

export interface Gap {
  readonly number: number;
  readonly state: "open" | "healed" | "unhealable";
  readonly reason: string;
  /** Unix seconds, with fractions; `to` is null while the gap goes on. */
  readonly from: number;
  readonly to: number | null;
  readonly missing: number;
  readonly healed: number;
  readonly detectedAt: number | null;
  readonly closedAt: number | null;
}

export interface Version {
  readonly bar: Bar;
  readonly knownAt: number | null;
  readonly replacedAt: number | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly cursor: string | null;
}

export function qualityQuery(symbol: string, timeframe: Timeframe) {
  const params = { path: { symbol }, query: { timeframe, limit: TIMELINE_STRETCHES } };
  return queryOptions({
    queryKey: ["truth", symbol, "quality", timeframe],
    queryFn: async ({ signal }) =>
      parseQuality(await bodyOf(api.GET("/api/v1/quality/{symbol}", { params, signal }))),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** The gaps a chart shades: the latest ones of the symbol. */
export function shadedGapsQuery(symbol: string) {
  const params = { query: { symbol, limit: MOST_SHADES } };
  return queryOptions({
    queryKey: ["truth", symbol, "shaded"],
    queryFn: async ({ signal }) =>
      parseGaps(await bodyOf(api.GET("/api/v1/gaps", { params, signal }))).rows,
    refetchInterval: REFRESH_MS,
  });
}

export function gapsQuery(symbol: string) {
  return infiniteQueryOptions({
    queryKey: ["truth", symbol, "gaps"],
    queryFn: async ({ signal, pageParam }) => {
      const params = { query: { symbol, limit: PAGE_ROWS, ...pageParam } };
      return parseGaps(await bodyOf(api.GET("/api/v1/gaps", { params, signal })));
    },
    ...PAGES,
  });
}

/** All versions of one bar, or of all revised bars where `time` is null. */
export function versionsQuery(symbol: string, timeframe: Timeframe, time: number | null) {
  const path = "/api/v1/charts/{symbol}/revisions";
  const chosen = time === null ? {} : { time };
  return infiniteQueryOptions({
    queryKey: ["truth", symbol, "versions", timeframe, time],
    queryFn: async ({ signal, pageParam }) => {
      const query = { timeframe, limit: PAGE_ROWS, ...chosen, ...pageParam };
      const params = { path: { symbol }, query };
      return parseVersions(await bodyOf(api.GET(path, { params, signal })));
    },
    ...PAGES,
  });
}

const PAGES = {
  initialPageParam: {} as { cursor?: string },
  getNextPageParam: ({ cursor }: Page<unknown>) => (cursor === null ? undefined : { cursor }),
  refetchInterval: REFRESH_MS,
} as const;

export function parseQuality(body: unknown): Quality {
  const raw = asObject(body);
  return {
    score: asNumber(raw?.score),
    timeline: asArray(raw?.timeline).map(asObject).flatMap(parseStretch),
  };
}

function parseStretch(raw: JsonObject | null): Stretch[] {
  const [time, score] = [asNumber(raw?.time), asNumber(raw?.score)];
  if (raw === null || time === null || score === null) return [];
  const failed = Object.entries(asObject(raw.failed) ?? {});
  return [
    {
      time,
      score,
      lowest: asNumber(raw.lowest) ?? score,
      checked: asNumber(raw.checked) ?? 0,
      failed: Object.fromEntries(failed.map(([check, count]) => [check, asNumber(count) ?? 0])),
    },
  ];
}

export function parseGaps(body: unknown): Page<Gap> {
  const raw = asObject(body);
  return {
    rows: asArray(raw?.gaps).map(asObject).flatMap(parseGap),
    cursor: asText(raw?.next_cursor),
  };
}

function parseGap(raw: JsonObject | null): Gap[] {
  const from = asSeconds(raw?.from_at);
  if (raw === null || from === null) return [];
  const state = asText(raw.state);
  return [
    {
      number: asNumber(raw.gap_no) ?? 0,
      state: state === "open" || state === "healed" ? state : "unhealable",
      reason: asText(raw.reason) ?? "unknown",
      from,
      to: asSeconds(raw.to_at),
      missing: asNumber(raw.missing) ?? 0,
      healed: asNumber(raw.healed) ?? 0,
      detectedAt: asSeconds(raw.detected_at),
      closedAt: asSeconds(raw.closed_at),
    },
  ];
}

export function parseVersions(body: unknown): Page<Version> {
  const raw = asObject(body);
  const rows = asArray(raw?.versions).flatMap((value) => {
    const version = asObject(value);
    const bar = parseBar(version);
    if (bar === null) return [];
    return [
      { bar, knownAt: asSeconds(version?.known_at), replacedAt: asSeconds(version?.replaced_at) },
    ];
  });
  return { rows, cursor: asText(raw?.next_cursor) };
}

/** RFC 3339 as Unix seconds. */
function asSeconds(value: unknown): number | null {
  const milliseconds = Date.parse(asText(value) ?? "");
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
