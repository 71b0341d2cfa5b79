// The colour scheme. assets/theme.js puts it on the document before the first paint; here it is
// chosen, and read by what draws with colours of its own.
import { useSyncExternalStore } from "react";

export const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const STORAGE_KEY = "tickloom.theme";

export function chosenTheme(): Theme {
  return THEMES.find((theme) => theme === window.localStorage.getItem(STORAGE_KEY)) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  window.localStorage.setItem(STORAGE_KEY, theme);
  window.dispatchEvent(new Event("tickloom:theme-choice"));
}

export function onThemeChange(callback: () => void): () => void {
  window.addEventListener("tickloom:theme", callback);
  return () => window.removeEventListener("tickloom:theme", callback);
}

export function useTheme(): Theme {
  return useSyncExternalStore((callback) => {
    window.addEventListener("tickloom:theme-choice", callback);
    return () => window.removeEventListener("tickloom:theme-choice", callback);
  }, chosenTheme);
}
