// Loads older pages while the reader scrolls back. The chart asks many times a second,
// so one request is under way at a time, and none after the beginning of the history.
import type { ChartPage, FetchChartPage } from "./chart-page";

/** A failed page is not asked for again at once: the reader is still scrolling. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

export class HistoryLoader {
  private readonly abort = new AbortController();
  private isLoading = false;
  private nextBefore: number | null = null;
  private isExhausted = false;
  private pausedUntil = 0;

  constructor(
    private readonly fetchPage: FetchChartPage,
    private readonly onPage: (page: ChartPage) => void,
    private readonly now: () => number,
  ) {}

  /** The page before `oldest`, the open time of the first bar we have. */
  async loadOlder(oldest: number): Promise<void> {
    if (this.isLoading || this.isExhausted || this.now() < this.pausedUntil) return;
    this.isLoading = true;
    try {
      const before = Math.min(oldest, this.nextBefore ?? oldest);
      this.accept(await this.fetchPage(before, this.abort.signal));
    } catch {
      this.pausedUntil = this.now() + PAUSE_AFTER_FAILURE_MS;
    } finally {
      this.isLoading = false;
    }
  }

  /** The newest page, for when the WebSocket cannot be reached but REST can. */
  loadLatest(): Promise<ChartPage> {
    return this.fetchPage(null, this.abort.signal);
  }

  stop(): void {
    this.abort.abort();
  }

  private accept(page: ChartPage): void {
    if (this.abort.signal.aborted) return;
    this.nextBefore = page.nextBefore;
    this.isExhausted = page.nextBefore === null || page.bars.length === 0;
    this.onPage(page);
  }
}
