// Exports: the picture is one, the files hold the API's bars, the copied requests name this view.
import { readFile } from "node:fs/promises";

export async function run(desk) {
  const { page } = desk;
  await page
    .context()
    .grantPermissions(["clipboard-read", "clipboard-write"], { origin: desk.url });
  await desk.open();
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const save = async (name) => {
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name, exact: true }).click();
    const download = await coming;
    return { name: download.suggestedFilename(), data: await readFile(await download.path()) };
  };
  const picture = await save("Picture (PNG)");
  desk.expect(picture.data.subarray(1, 4).toString() === "PNG", "the picture is no PNG");
  desk.expect(picture.name === "binance-BTCUSDT-1m.png", `the picture is called ${picture.name}`);

  const { bars } = await desk.api(`charts/${desk.symbol}?limit=50`);
  await page.getByRole("button", { name: "the beginning" }).click();
  const csv = (await save("CSV")).data.toString().trim().split("\r\n").slice(1);
  const closes = csv.map((line) => Number(line.split(",")[4]));
  desk.expect(String(closes) === String(bars.map(({ close }) => close)), `the CSV has ${closes}`);
  const parquet = await save("Parquet");
  desk.expect(parquet.data.subarray(0, 4).toString() === "PAR1", "the Parquet file is none");
  const lines = (await save("JSON lines")).data.toString().trim().split("\n").map(JSON.parse);
  desk.expect(lines.at(-1).time === bars.at(-1).time, "the JSON lines end elsewhere");
  await desk.shot("export");

  await page.getByRole("button", { name: "as curl" }).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const curl = await desk.until("curl is copied", async () => {
    const text = await clipboard();
    return text.startsWith("curl") ? text : null;
  });
  desk.expect(curl.includes(`/charts/${desk.symbol}?timeframe=1m`), `copied: ${curl}`);
  desk.expect(!/Bearer ey/.test(curl), "the token is in the copied line");
  await page.getByRole("button", { name: "as Python" }).click();
  const python = await desk.until("Python is copied", async () => {
    const text = await clipboard();
    return text.includes("from tickloom.client") ? text : null;
  });
  return { curl, python, rows: closes.length };
}
