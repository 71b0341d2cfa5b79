// Everything by keyboard: the help lists every key, keys move the view, focus is seen and returns.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await help.waitFor();
  const keys = await help.locator("kbd").allTextContents();
  for (const key of ["any letter", "any digit", "Alt H", "Alt R", "Alt A", "Alt T", "?"]) {
    desk.expect(keys.includes(key), `${key} is not in the help: ${keys}`);
  }
  await desk.shot("help");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });

  const range = () => new URL(page.url()).searchParams.get("from");
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await desk.until("the view moved", () => range() !== null);
  await page.keyboard.press("Home");
  await desk.until("the view is at the newest bar", () => range() === null);
  await page.keyboard.press("Alt+l");
  await page.getByRole("button", { name: "Logarithmic scale", pressed: true }).waitFor();
  await page.keyboard.press("Alt+l");

  const reached = new Set();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (element === document.body) return { name: "", outline: "" };
      const style = getComputedStyle(element);
      return {
        name: element.getAttribute("aria-label") ?? element.textContent.trim(),
        outline: style.outlineStyle,
      };
    });
    if (focus.name === "" || reached.has(focus.name)) continue;
    desk.expect(focus.outline !== "none", `the focus on ${focus.name} is not seen`);
    reached.add(focus.name);
  }
  for (const name of ["Indicators", "Compare", "Trust", "Alerts", "Replay", "Sign out"]) {
    desk.expect(reached.has(name), `${name} cannot be reached by Tab: ${[...reached]}`);
  }
  return { keys: keys.length, reached: reached.size };
}
