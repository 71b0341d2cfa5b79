// A clock that stands still until the test moves it, with the timers that hang on it.
import type { SocketEnvironment } from "@/lib/reconnecting-socket";

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

export class FakeEnvironment implements SocketEnvironment {
  time = 0;
  online = true;
  randomness = 0;
  private readonly timers = new Map<number, Timer>();
  private nextTimer = 1;
  private onlineListener: () => void = () => undefined;

  now = () => this.time;
  random = () => this.randomness;
  isOnline = () => this.online;

  setTimer = (callback: () => void, delayMs: number) => {
    const timer = this.nextTimer++;
    this.timers.set(timer, { dueAt: this.time + delayMs, callback });
    return timer;
  };

  clearTimer = (timer: number) => {
    this.timers.delete(timer);
  };

  onOnlineChange = (callback: () => void) => {
    this.onlineListener = callback;
    return () => {
      this.onlineListener = () => undefined;
    };
  };

  setOnline(online: boolean): void {
    this.online = online;
    this.onlineListener();
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    for (const [id, timer] of [...this.timers]) {
      if (timer.dueAt > this.time) continue;
      this.timers.delete(id);
      timer.callback();
    }
  }
}
