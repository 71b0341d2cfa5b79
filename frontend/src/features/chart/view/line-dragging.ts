// Dragging of horizontal lines. The chart scrolls on the same gesture, so it must not hear of one
// that began on a line.
import type { HorizontalLine } from "./line-layer";

export interface DragTarget {
  lineAt(y: number): HorizontalLine | null;
  priceAt(y: number): number | null;
  preview(id: string, price: number): void;
  drop(id: string, price: number): void;
}

export function dragLines(container: HTMLElement, target: DragTarget): () => void {
  const stop = new AbortController();
  const capture = { capture: true, signal: stop.signal };
  let dragged: { id: string; price: number } | null = null;
  const yOf = (event: PointerEvent) => event.clientY - container.getBoundingClientRect().top;
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };

  const down = (event: PointerEvent) => {
    const line = event.button === 0 ? target.lineAt(yOf(event)) : null;
    if (line === null) return;
    dragged = { id: line.id, price: line.price };
    container.setPointerCapture(event.pointerId);
    swallow(event);
  };
  const move = (event: PointerEvent) => {
    if (dragged === null) {
      container.style.cursor = target.lineAt(yOf(event)) === null ? "" : "ns-resize";
      return;
    }
    swallow(event);
    const price = target.priceAt(yOf(event));
    if (price === null) return;
    dragged.price = price;
    target.preview(dragged.id, price);
  };
  const up = (event: PointerEvent) => {
    if (dragged === null) return;
    swallow(event);
    target.drop(dragged.id, dragged.price);
    dragged = null;
  };
  container.addEventListener("pointerdown", down, capture);
  container.addEventListener("pointermove", move, capture);
  container.addEventListener("pointerup", up, capture);
  container.addEventListener("pointercancel", up, capture);
  for (const name of ["mousedown", "touchstart", "mousemove", "touchmove"]) {
    const options = { ...capture, passive: false };
    container.addEventListener(name, (event) => dragged !== null && swallow(event), options);
  }
  return () => stop.abort();
}
