// Keys as people press them.
import { describe, expect, it } from "vitest";
import { type Action, actionOf, isTyping, keyName } from "./actions";

const press = (key: string, rest: KeyboardEventInit = {}) =>
  new KeyboardEvent("keydown", { key, ...rest });

describe("keys", () => {
  it.each([
    [press("?", { shiftKey: true }), "?"],
    [press("ArrowLeft", { shiftKey: true }), "Shift+ArrowLeft"],
    [press("ł", { altKey: true, code: "KeyL" }), "Alt+l"],
    [press("k", { ctrlKey: true }), "Ctrl+k"],
    [press("k", { metaKey: true }), "Ctrl+k"],
  ])("%# has the name %s", (event, name) => {
    expect(keyName(event)).toBe(name);
  });

  it("find their action", () => {
    const help: Action = {
      id: "help",
      title: "",
      group: "Page",
      keys: ["?"],
      run: () => undefined,
    };
    expect(actionOf([help], press("?"))).toBe(help);
    expect(actionOf([help], press("!"))).toBeUndefined();
  });

  it("belong to the field while something is typed into it", () => {
    const form = document.createElement("form");
    form.append(document.createElement("input"), document.createElement("button"));
    expect([...form.children].map(isTyping)).toEqual([true, false]);
  });
});
