// A link reproduces the view: symbol, interval, indicators, scale and range.
export async function run(desk) {
  const { page } = desk;
  const { bars } = await desk.api(`charts/${desk.symbol}?limit=50`);
  const [from, to] = [bars[2].time, bars[8].time];
  await desk.open(
    `?symbol=${desk.symbol}&timeframe=1m&indicators=volume,ema_12&scale=log&from=${from}&to=${to}`,
  );
  await page.getByRole("button", { name: "Logarithmic scale", pressed: true }).waitFor();
  await page.locator('[data-indicator="ema_12"]').waitFor();
  await page.getByRole("button", { name: /^Latest/ }).waitFor();
  await desk.painted();
  const range = () => {
    const query = new URL(page.url()).searchParams;
    return [Number(query.get("from")), Number(query.get("to"))];
  };
  desk.expect(
    range()[0] <= from && range()[0] > from - 300 && Math.abs(range()[1] - to) < 300,
    `asked for ${from}–${to}, the address says ${range()}`,
  );
  await page.keyboard.press("ArrowLeft");
  const moved = await desk.until("the address follows the view", () => {
    const [begin] = range();
    return begin !== from && begin > 0 ? begin : null;
  });
  await page.keyboard.press("Home");
  await desk.until("at the newest bar no range is named", () => !page.url().includes("from="));
  return { from, moved };
}
