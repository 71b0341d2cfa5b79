// Watches the numbers of the messages for holes. A hole is asked for again from the last number
// before it; bars are merged meanwhile, because each bar is complete in itself.

/** An unanswered request is repeated after this long, never sooner: a hole must not become a storm. */
const REPEAT_MS = 5_000;

export class Sequence {
  private last: number | null = null;
  private holeAfter: number | null = null;
  private askedAt = Number.NEGATIVE_INFINITY;

  /** A snapshot starts the numbers anew and closes every hole. */
  begin(seq: number | null): void {
    this.last = seq;
    this.holeAfter = null;
  }

  /** Returns the number to resume after, or null when there is nothing to ask for. */
  observe(seq: number | null, now: number): number | null {
    if (seq === null) return null;
    if (this.holeAfter !== null && seq === this.holeAfter + 1) this.holeAfter = null;
    if (this.last !== null && seq > this.last + 1) this.holeAfter ??= this.last;
    this.last = Math.max(this.last ?? seq, seq);
    if (this.holeAfter === null || now - this.askedAt < REPEAT_MS) return null;
    this.askedAt = now;
    return this.holeAfter;
  }
}
