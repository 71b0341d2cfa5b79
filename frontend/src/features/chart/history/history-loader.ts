// Loads older pages while the reader scrolls back. The chart asks many times a second,
// so one request is under way at a time, and none after the beginning of the history.
import type { ChartPage, FetchChartPage } from "./chart-page";

/** A failed page is not asked for again at once: the reader is still scrolling. */
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** A link to a view of years ago must not download the whole history. */
const MOST_PAGES = 24;

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
    /** What the live feed carries: older pages are asked for the same. */
    private readonly indicators: () => readonly string[],
  ) {}

  /** The page before `oldest`, the open time of the first bar we have. */
  async loadOlder(oldest: number): Promise<void> {
    if (this.isLoading || this.isExhausted || this.now() < this.pausedUntil) return;
    this.isLoading = true;
    try {
      const before = Math.min(oldest, this.nextBefore ?? oldest);
      this.accept(await this.fetchPage(before, this.indicators(), this.abort.signal));
    } catch {
      this.pausedUntil = this.now() + PAUSE_AFTER_FAILURE_MS;
    } finally {
      this.isLoading = false;
    }
  }

  /** Goes back page by page until a time is covered, for a view that a link asks for. */
  async loadBackTo(time: number, oldest: () => number | undefined): Promise<void> {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const first = oldest();
      if (first === undefined || first <= time || this.isExhausted) return;
      await this.loadOlder(first);
      if (oldest() === first) return;
    }
  }

  /** The newest page, for when the WebSocket cannot be reached but REST can. */
  loadLatest(): Promise<ChartPage> {
    return this.fetchPage(null, this.indicators(), this.abort.signal);
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
