// A WebSocket that comes back: it tells why it is away, and when it will try again.
// Clock, timers, randomness and the socket itself are passed in, so that tests need no waiting.
import { backoffDelay } from "./backoff";
import type { ConnectionState } from "./connection-state";

export const CLOSE_NOT_AUTHENTICATED = 4001;

/** Trying again cannot help with these; the user has to change something. */
const REFUSALS = new Map([
  [4003, "This account may not watch this symbol."],
  [4004, "The server does not know this symbol."],
]);

export interface SocketEnvironment {
  now(): number;
  random(): number;
  setTimer(callback: () => void, delayMs: number): number;
  clearTimer(timer: number): void;
  isOnline(): boolean;
  onOnlineChange(callback: () => void): () => void;
}

export interface SocketHandlers {
  open(): WebSocket;
  onMessage(text: string): void;
  onState(state: ConnectionState): void;
  /** Resolves to false when the session is over, so that connecting again makes no sense. */
  renewSession(): Promise<boolean>;
}

export class ReconnectingSocket {
  private socket: WebSocket | null = null;
  private timer: number | null = null;
  private attempt = 0;
  private stopped = false;
  private stopWatchingOnline: () => void = () => undefined;

  constructor(
    private readonly handlers: SocketHandlers,
    private readonly environment: SocketEnvironment,
  ) {}

  start(): void {
    this.stopWatchingOnline = this.environment.onOnlineChange(() => this.onlineChanged());
    this.connect();
  }

  send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  retryNow(): void {
    this.attempt = 0;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.stopWatchingOnline();
    this.abandon();
  }

  private connect(): void {
    this.abandon();
    if (this.stopped) return;
    if (!this.environment.isOnline()) {
      this.handlers.onState({ kind: "offline" });
      return;
    }
    this.handlers.onState({ kind: "connecting" });
    const socket = this.handlers.open();
    this.socket = socket;
    socket.onopen = () => this.handlers.onState({ kind: "connected" });
    socket.onmessage = (event: MessageEvent) => this.received(event);
    socket.onclose = (event: CloseEvent) => this.closed(event.code);
  }

  private received(event: MessageEvent): void {
    // A server that accepts and closes at once must not be hammered: only data resets the backoff.
    this.attempt = 0;
    if (typeof event.data === "string") this.handlers.onMessage(event.data);
  }

  private closed(code: number): void {
    this.socket = null;
    const refusal = REFUSALS.get(code);
    if (refusal !== undefined) {
      this.handlers.onState({ kind: "refused", code, reason: refusal });
    } else if (code === CLOSE_NOT_AUTHENTICATED) {
      void this.renewAndReconnect();
    } else {
      this.scheduleRetry();
    }
  }

  private async renewAndReconnect(): Promise<void> {
    if (await this.handlers.renewSession()) this.scheduleRetry();
  }

  private scheduleRetry(): void {
    if (this.stopped) return;
    if (!this.environment.isOnline()) {
      this.handlers.onState({ kind: "offline" });
      return;
    }
    const delay = backoffDelay(this.attempt, this.environment.random);
    this.attempt += 1;
    this.handlers.onState({ kind: "reconnecting", retryAt: this.environment.now() + delay });
    this.timer = this.environment.setTimer(() => this.connect(), delay);
  }

  private onlineChanged(): void {
    if (this.environment.isOnline()) {
      this.retryNow();
    } else {
      this.abandon();
      this.handlers.onState({ kind: "offline" });
    }
  }

  /** Handlers are taken off first: what an abandoned socket still says belongs to nobody. */
  private abandon(): void {
    if (this.timer !== null) this.environment.clearTimer(this.timer);
    this.timer = null;
    if (this.socket === null) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }
}

export const browserEnvironment: SocketEnvironment = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (callback, delayMs) => window.setTimeout(callback, delayMs),
  clearTimer: (timer) => window.clearTimeout(timer),
  isOnline: () => navigator.onLine,
  onOnlineChange: (callback) => {
    window.addEventListener("online", callback);
    window.addEventListener("offline", callback);
    return () => {
      window.removeEventListener("online", callback);
      window.removeEventListener("offline", callback);
    };
  },
};
