// A gap of the ledger as charts shade and tell it.

/** Unix seconds; a gap that goes on ends at infinity. */
export interface GapSpan {
  readonly from: number;
  readonly to: number;
  readonly isHealed: boolean;
  /** What happened, in a sentence. */
  readonly story: string;
}

/** The gaps that touch a bar of `step` seconds. */
export function gapsWithin(
  gaps: readonly GapSpan[],
  time: number,
  step: number,
): readonly GapSpan[] {
  return gaps.filter(({ from, to }) => from < time + step && to > time);
}
