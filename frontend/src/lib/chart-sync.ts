// What charts of a grid tell one another: where the crosshair is and which range is in view.
// A message names its sender, so that nobody obeys an echo of itself.
import type { TimeRange } from "./chart-view";

export interface SyncMessage {
  readonly from: string;
  readonly crosshair?: number | null;
  readonly range?: TimeRange;
}

export class ChartSync {
  private readonly listeners = new Set<(message: SyncMessage) => void>();

  send(message: SyncMessage): void {
    for (const listener of this.listeners) listener(message);
  }

  listen(listener: (message: SyncMessage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
