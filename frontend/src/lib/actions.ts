// What the reader can do by keyboard. One object is the shortcut and its line in the help overlay.

export interface Action {
  readonly id: string;
  readonly title: string;
  readonly group: "Symbol and interval" | "View" | "Tools" | "Page";
  /** For example "Alt+l", "ArrowLeft", "?"; the first one is shown. */
  readonly keys: readonly string[];
  run(): void;
}

/** What a key press is called in `keys`. Shift is part of a character already. */
export function keyName(event: KeyboardEvent): string {
  // Option changes the character on a Mac: the physical key says what was meant.
  const isLetter = event.altKey && /^Key[A-Z]$/.test(event.code);
  const key = isLetter ? event.code.slice(3).toLowerCase() : event.key;
  const isNamed = key.length > 1;
  const prefix = [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && isNamed ? "Shift+" : "",
  ].join("");
  return prefix + key;
}

/** Where keys belong to the element itself: a field, an open dialog, a menu. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest("input, textarea, select, dialog, [contenteditable=true]") !== null;
}

export function actionOf(actions: readonly Action[], event: KeyboardEvent): Action | undefined {
  const name = keyName(event);
  return actions.find(({ keys }) => keys.includes(name));
}
