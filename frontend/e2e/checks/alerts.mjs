// Alerts: set from the chart's menu, shown as a line, changed, removed; the server has what the page shows.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const box = await page.locator("figure").boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + 60, { button: "right" });
  const entry = page.getByRole("menu").getByText(/^Alert at/);
  const price = Number((await entry.textContent()).replace(/[^0-9.]/g, ""));
  await entry.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill("look at this");
  await dialog.getByRole("button", { name: "Set alert" }).click();
  await dialog.waitFor({ state: "detached" });
  const set = await desk.until("the server has the alert", async () => {
    const { alerts } = await desk.api("alerts");
    return alerts.find(({ message }) => message === "look at this");
  });
  desk.expect(set.threshold === price, `set at ${set.threshold} instead of ${price}`);
  desk.expect(set.symbol === desk.symbol, `set on ${set.symbol}`);

  // Its line is dragged a little down.
  await desk.painted();
  await desk.until("the alert is dragged", async () => {
    await page.mouse.move(box.x + box.width / 2, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 90, { steps: 4 });
    await page.mouse.up();
    const { alerts } = await desk.api("alerts");
    return alerts.find(({ id }) => id === set.id).threshold < price;
  });

  await page.keyboard.press("Alt+a");
  const panel = page.getByTestId("alert-panel");
  const row = panel.locator(`li[data-alert="${set.id}"]`);
  await row.waitFor();
  await desk.shot("alerts");
  await row.getByRole("button", { name: "Change" }).click();
  await dialog.getByLabel("When").selectOption("RSI_BELOW");
  await dialog.getByLabel("Value").fill("130");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Value").fill("30");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await row.getByText("RSI falls below 30").waitFor();
  await row.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
  const { alerts } = await desk.api("alerts");
  desk.expect(alerts.length === 0, "the alert is still on the server");
  return { price };
}

/** The browser reports a refused value in its console too. */
export const expectedErrors = [/422/];
