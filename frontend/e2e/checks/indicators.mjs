// Indicators: chosen, drawn in panes with the API's values, moved, removed, remembered.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  await page.keyboard.press("Alt+i");
  const dialog = page.getByRole("dialog", { name: "Indicators" });
  await dialog.waitFor();
  const chosen = ["rsi", "macd", "stoch", "atr", "ema_12", "vwap"];
  const names = await dialog
    .locator("[data-indicator-choice]")
    .evaluateAll((boxes) => boxes.map((box) => box.dataset.indicatorChoice));
  const toggled = chosen.map((part) => names.find((name) => name.startsWith(part)));
  desk.expect(!toggled.includes(undefined), `not all are offered: ${names}`);
  for (const name of toggled) await dialog.locator(`[data-indicator-choice="${name}"]`).check();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const panes = () =>
    page.locator("[data-pane]").evaluateAll((all) => all.map((each) => each.dataset.pane));
  const order = await desk.until("four more panes", async () => {
    const shown = await panes();
    return shown.length >= 5 ? shown : null;
  });
  const wanted = await valuesOfApi(desk);
  desk.expect(Object.keys(wanted).length > 0, "the API has no indicator for the last bar");
  await desk.until(`the legend shows ${JSON.stringify(wanted)}`, async () => {
    const shown = await valuesOnPage(page);
    return Object.entries(wanted).every(
      ([name, value]) =>
        shown[name] === undefined ||
        Math.abs(shown[name] - value) <= 0.01 * Math.max(1, Math.abs(value)),
    );
  });
  await desk.shot("indicators");

  const last = order.at(-1);
  await page.locator(`[data-pane="${last}"]`).getByRole("button", { name: /up$/ }).click();
  await desk.until("the last pane moved up", async () => (await panes()).at(-2) === last);
  await page
    .locator(`[data-pane="${last}"]`)
    .getByRole("button", { name: /^Remove/ })
    .click();
  await desk.until("the pane is gone", async () => !(await panes()).includes(last));
  const before = await panes();
  await page.reload();
  await desk.until(
    "the panes are remembered",
    async () => String(await panes()) === String(before),
  );
  return { panes: before, compared: wanted };
}

/** Values of the newest bar that are known. */
async function valuesOfApi(desk) {
  const { indicators } = await desk.api(`charts/${desk.symbol}?limit=50&indicators=all`);
  const known = Object.entries(indicators).map(([name, column]) => [name, column.at(-1)]);
  return Object.fromEntries(known.filter(([, value]) => value !== null));
}

async function valuesOnPage(page) {
  const shown = await page
    .locator("[data-indicator] [data-plot]")
    .evaluateAll((all) => all.map((each) => [each.dataset.plot, each.lastChild.textContent]));
  const numbers = shown.map(([name, text]) => [
    name,
    Number(text.replaceAll(",", "").replace("−", "-")),
  ]);
  return Object.fromEntries(numbers.filter(([, value]) => !Number.isNaN(value)));
}
