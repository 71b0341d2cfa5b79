// One symbol in one timeframe, from the socket to the canvas. It is made when the reader chooses
// them and stopped when the choice changes; nothing of it outlives that, so charts cannot mix.
import type { Bar } from "@/lib/bar";
import type { TimeRange } from "@/lib/chart-view";
import type { ConnectionState } from "@/lib/connection-state";
import type { ReconnectingSocket, SocketHandlers } from "@/lib/reconnecting-socket";
import { type ChartStore, INITIAL_CHART_STATE } from "./chart-store";
import { BarSeries } from "./feed/bar-series";
import { type Drawing, FrameBatch, type ScheduleFrame } from "./feed/frame-batch";
import { parseServerMessage, type ServerMessage } from "./feed/messages";
import { Sequence } from "./feed/sequence";
import type { FetchChartPage } from "./history/chart-page";
import { HistoryLoader } from "./history/history-loader";

export const TABLE_BARS = 50;

/** Older bars are fetched before the reader gets to the edge. */
const PREFETCH_BARS = 100;

export interface ChartSurface {
  draw(bars: readonly Bar[]): void;
  drawTail(bars: readonly Bar[]): void;
  readonly view?: { show(range: TimeRange): void };
}

export interface ChartSources {
  /** For example "binance:BTCUSDT 1m". */
  readonly market: string;
  openSocket(): WebSocket;
  renewSession(): Promise<boolean>;
  fetchPage: FetchChartPage;
  scheduleFrame: ScheduleFrame;
  now(): number;
  connect(handlers: SocketHandlers): ReconnectingSocket;
  /** Length of a bar in seconds. */
  readonly step: number;
  /** What a link asks to see; null follows the market. */
  readonly range: TimeRange | null;
}

export class ChartSession {
  private readonly series = new BarSeries();
  private readonly sequence = new Sequence();
  private readonly batch: FrameBatch;
  private readonly history: HistoryLoader;
  private readonly socket: ReconnectingSocket;
  private wanted: TimeRange | null;
  /** Of a replay: bars that closed later are not shown. */
  private cutoff: number | null = null;

  constructor(
    private readonly surface: ChartSurface,
    private readonly store: ChartStore,
    private readonly sources: ChartSources,
  ) {
    this.wanted = sources.range;
    this.batch = new FrameBatch(sources.scheduleFrame, (drawing) => this.draw(drawing));
    const onPage = ({ bars }: { bars: readonly Bar[] }) =>
      this.batch.add(this.series.prepend(bars));
    this.history = new HistoryLoader(sources.fetchPage, onPage, sources.now, () =>
      Object.keys(this.series.bars.at(-1)?.values ?? {}),
    );
    this.socket = sources.connect({
      open: () => sources.openSocket(),
      renewSession: () => sources.renewSession(),
      onMessage: (text) => this.received(parseServerMessage(text)),
      onState: (connection) => this.connectionChanged(connection),
    });
  }

  start(): void {
    const { market } = this.sources;
    // The canvas outlives the choice of a market, and so does what is known of it.
    const { panes, handle } = this.store.getState();
    const retry = () => this.retry();
    this.store.setState({ ...INITIAL_CHART_STATE, panes, handle, market, retry });
    this.socket.start();
  }

  stop(): void {
    this.socket.stop();
    this.history.stop();
    this.batch.stop();
  }

  retry(): void {
    if (this.series.bars.length === 0) this.store.setState({ phase: "loading", error: null });
    this.socket.retryNow();
  }

  /** How many bars lie left of the visible range, as the chart counts them. */
  scrolled(barsBefore: number): void {
    const oldest = this.series.bars[0];
    if (oldest !== undefined && barsBefore < PREFETCH_BARS) {
      void this.history.loadOlder(oldest.time);
    }
  }

  barAt(time: number): Bar | null {
    return this.series.at(time);
  }

  get bars(): readonly Bar[] {
    return this.shown();
  }

  /** The open times of the first and the last bar, also of those that a replay hides. */
  get span(): TimeRange | null {
    const [first, last] = [this.series.bars[0], this.series.bars.at(-1)];
    return first === undefined || last === undefined ? null : { from: first.time, to: last.time };
  }

  /** Shows the bars that had closed at a time, or the live market again. */
  replayTo(time: number | null): void {
    if (time === this.cutoff) return;
    const before = this.shown().length;
    const isForward = this.cutoff !== null && time !== null && time > this.cutoff;
    this.cutoff = time;
    if (isForward) this.paint(false, this.shown().slice(before));
    else this.paint(true, []);
  }

  /** Brings a range into view; older bars are fetched for it first. */
  async show(range: TimeRange): Promise<void> {
    this.wanted = null;
    await this.history.loadBackTo(range.from, () => this.series.bars[0]?.time);
    this.sources.scheduleFrame(() => this.surface.view?.show(range));
  }

  private received(message: ServerMessage | null): void {
    switch (message?.type) {
      case "initial":
        this.sequence.begin(message.seq);
        if (message.simulated !== null) this.store.setState({ simulated: message.simulated });
        this.batch.add(this.series.replace(message.bars));
        break;
      case "update":
        this.askForHole(message.seq);
        this.batch.add(this.series.merge(message.bars));
        break;
      case "status":
        this.store.setState({ feed: { ...message, reportedAt: this.sources.now() } });
        break;
      case "error":
        this.failed(new Error(message.message));
    }
  }

  private askForHole(seq: number | null): void {
    const resumeAfter = this.sequence.observe(seq, this.sources.now());
    if (resumeAfter !== null) this.socket.send({ type: "resume", seq: resumeAfter });
  }

  private connectionChanged(connection: ConnectionState): void {
    this.store.setState({ connection });
    if (connection.kind === "refused") this.failed(new Error(connection.reason));
    const isWaiting = this.store.getState().phase === "loading";
    if (connection.kind === "reconnecting" && isWaiting) void this.loadWithoutSocket();
  }

  private async loadWithoutSocket(): Promise<void> {
    try {
      const { bars } = await this.history.loadLatest();
      this.batch.add(this.series.prepend(bars));
    } catch (error) {
      this.failed(error);
    }
  }

  /** An error with bars on the screen is the status bar's business, not a reason to hide them. */
  private failed(error: unknown): void {
    const isAborted = error instanceof DOMException && error.name === "AbortError";
    if (isAborted || this.series.bars.length > 0) return;
    this.store.setState({ phase: "failed", error });
  }

  private draw({ redraw, tail }: Drawing): void {
    // A replay stands still while the market goes on behind it.
    if (this.cutoff === null || redraw) this.paint(redraw, tail);
    if (this.wanted !== null && this.series.bars.length > 0) void this.show(this.wanted);
  }

  private paint(redraw: boolean, tail: readonly Bar[]): void {
    const bars = this.shown();
    if (redraw) this.surface.draw(bars);
    else this.surface.drawTail(tail);
    this.store.setState({
      phase: bars.length === 0 ? "empty" : "ready",
      error: null,
      latestBars: bars.slice(-TABLE_BARS),
    });
  }

  private shown(): readonly Bar[] {
    const { bars } = this.series;
    return this.cutoff === null ? bars : this.series.closedBy(this.cutoff, this.sources.step);
  }
}
