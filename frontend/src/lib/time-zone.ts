// Time zones of the labels. The data stays UTC everywhere: shifting timestamps would make two bars
// of one time at the autumn clock change. Only labels and the places of day ticks know a zone.

export const ZONE_CHOICES = ["exchange", "utc", "local"] as const;

export type ZoneChoice = (typeof ZONE_CHOICES)[number];

const HOUR = 3600;

/** Where an exchange trades. Crypto venues never close and count days in UTC. */
const EXCHANGE_ZONES: Record<string, string> = {
  alpaca: "America/New_York",
  yahoo: "America/New_York",
};

export function exchangeZone(symbolId: string): string {
  if (symbolId.endsWith(".IS")) return "Europe/Istanbul";
  return EXCHANGE_ZONES[symbolId.slice(0, symbolId.indexOf(":"))] ?? "UTC";
}

export function zoneOf(choice: ZoneChoice, symbolId: string): string {
  if (choice === "utc") return "UTC";
  if (choice === "local") return new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return exchangeZone(symbolId);
}

/** A formatter is slow to make and the offset slow to compute: both are kept. */
const partFormats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

/** Seconds to add to a UTC time to read the wall clock of a zone. Cached by quarter hour. */
export function offsetSeconds(zone: string, unixSeconds: number): number {
  if (zone === "UTC") return 0;
  const quarter = Math.floor(unixSeconds / 900);
  const known = offsetsOf(zone);
  const offset = known.get(quarter) ?? computeOffset(zone, quarter * 900);
  known.set(quarter, offset);
  return offset;
}

function offsetsOf(zone: string): Map<number, number> {
  const known = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, known);
  return known;
}

function computeOffset(zone: string, unixSeconds: number): number {
  const parts = partsFormat(zone).formatToParts(unixSeconds * 1000);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    value("year"),
    value("month") - 1,
    value("day"),
    value("hour"),
    value("minute"),
  );
  return wall / 1000 - unixSeconds;
}

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = partFormats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    partFormats.set(zone, format);
  }
  return format;
}

/** The wall clock as if it were UTC, for Date's UTC getters. */
export function wallClock(zone: string, unixSeconds: number): Date {
  return new Date((unixSeconds + offsetSeconds(zone, unixSeconds)) * 1000);
}

/** "2024-03-01 14:05" on the wall clock of the zone. */
export function formatZoned(zone: string, unixSeconds: number): string {
  return wallClock(zone, unixSeconds).toISOString().slice(0, 16).replace("T", " ");
}

/** "2024-03-01 14:05:09" on the wall clock of the zone. */
export function formatZonedSeconds(zone: string, unixSeconds: number): string {
  return wallClock(zone, unixSeconds).toISOString().slice(0, 19).replace("T", " ");
}

/** "UTC", "UTC-5", "UTC+5:30": what the corner of the chart says. */
export function zoneLabel(zone: string, unixSeconds: number): string {
  const offset = offsetSeconds(zone, unixSeconds);
  if (offset === 0) return "UTC";
  const hours = Math.floor(Math.abs(offset) / HOUR);
  const minutes = Math.round((Math.abs(offset) % HOUR) / 60);
  const tail = minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`;
  return `UTC${offset < 0 ? "−" : "+"}${hours}${tail}`;
}
