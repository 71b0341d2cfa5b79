// Listens to the keyboard: shortcuts first, then letters search a symbol and digits an interval.
import { useEffect } from "react";
import { actionOf, isTyping } from "@/lib/actions";
import { actions } from "./actions";
import { openDialog, usePageState } from "./page-state";

export function useKeyboard(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
      if (usePageState.getState().dialog !== null) return;
      const action = actionOf(actions, event);
      if (action !== undefined) {
        event.preventDefault();
        action.run();
      } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
        startTyping(event);
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

function startTyping(event: KeyboardEvent): void {
  if (/^\p{L}$/u.test(event.key)) openDialog({ kind: "search", typed: event.key });
  else if (/^[1-9]$/.test(event.key)) openDialog({ kind: "interval", typed: event.key });
  else return;
  // The field of the dialog already has the character.
  event.preventDefault();
}
