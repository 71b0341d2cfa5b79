// The table a screen reader reads has exactly the API's prices, in every interval.
const DECIMALS = 2;

export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const compared = {};
  for (const timeframe of ["1m", "5m", "1h"]) {
    await page.locator(`[data-timeframe="${timeframe}"]`).click();
    const market = `${desk.symbol} ${timeframe}`;
    const { bars } = await desk.api(`charts/${desk.symbol}?timeframe=${timeframe}&limit=50`);
    const wanted = bars.toReversed().map(cellsOf);
    await desk.until(`the ${timeframe} table equals the API`, async () => {
      const shown = (await desk.bars(market)).map(({ cells }) => cells.slice(1, 5));
      return JSON.stringify(shown) === JSON.stringify(wanted);
    });
    compared[timeframe] = wanted.length;
  }
  await page.getByRole("button", { name: "Table" }).click();
  await page.getByRole("table", { name: /Latest bars of BTCUSDT/ }).waitFor();
  await desk.shot("table");
  return compared;
}

function cellsOf(bar) {
  const format = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: DECIMALS,
    maximumFractionDigits: DECIMALS,
  });
  const text = (value) => (value === null ? "—" : format.format(value));
  return [bar.open, bar.high, bar.low, bar.close].map(text);
}
