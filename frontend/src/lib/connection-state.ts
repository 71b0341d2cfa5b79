// What the page knows about its own line to the server, and about the market's line to the platform.
// The first is measured here; the second is reported by the server.

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  | { readonly kind: "reconnecting"; readonly retryAt: number }
  | { readonly kind: "offline" }
  | { readonly kind: "refused"; readonly code: number; readonly reason: string };

export type FeedKind = "live" | "stale" | "closed" | "down";

export interface FeedStatus {
  readonly feed: FeedKind;
  readonly ageMs: number | null;
  /** Local clock, so that an age can go on growing between two reports. */
  readonly reportedAt: number;
}
