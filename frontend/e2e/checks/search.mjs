// A letter searches a symbol, digits choose the interval, the address follows, and back goes back.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  await page.keyboard.press("e");
  const field = page.getByRole("dialog", { name: "Find a symbol" }).locator("input");
  await field.waitFor();
  await page.keyboard.type("thu");
  desk.expect((await field.inputValue()) === "ethu", `the field has ${await field.inputValue()}`);
  await desk.shot("search");
  await page.keyboard.press("Enter");
  const symbol = () => new URL(page.url()).searchParams.get("symbol");
  await desk.until("the address names the symbol", () => symbol() === "binance:ETHUSDT");
  await page.getByRole("heading", { name: "ETHUSDT" }).waitFor();
  await page.goBack();
  await desk.until("back is the symbol before", () => symbol() === desk.symbol);

  await desk.bars(`${desk.symbol} 1m`);
  await desk.chooseInterval("1h");
  await page.locator('[data-timeframe="1h"][aria-pressed=true]').waitFor();
  desk.expect(page.url().includes("timeframe=1h"), `the address is ${page.url()}`);
  await page.keyboard.press("7");
  const interval = page.getByLabel("Interval", { exact: true });
  await interval.waitFor();
  await page.getByText(/^There are 1m/).waitFor();
  await page.keyboard.press("Escape");
  await interval.waitFor({ state: "detached" });
  await page.goBack();
  await page.locator('[data-timeframe="1m"][aria-pressed=true]').waitFor();
  return { url: page.url() };
}
