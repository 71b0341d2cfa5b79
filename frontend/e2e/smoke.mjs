// Looks at the page as a user does, through a login link, and says in one line what it saw:
//   node e2e/smoke.mjs --url LOGIN_URL --screenshot OUT.png
//        [--expect-symbol binance:BTCUSDT] [--timeframe 5m] [--simulated] [--timeout 30]
// Exit 0 with {"rows", "title", "first_candle_ms", …} on standard output, 1 with the reason.
import { parseArgs } from "node:util";
import { openBrowser } from "./browser.mjs";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    screenshot: { type: "string" },
    "expect-symbol": { type: "string" },
    timeframe: { type: "string", default: "5m" },
    simulated: { type: "boolean", default: false },
    timeout: { type: "string", default: "30" },
    scheme: { type: "string", default: "dark" },
    width: { type: "string", default: "1440" },
    height: { type: "string", default: "860" },
  },
});

const timeout = Number(options.timeout) * 1000;
const FIRST_ROWS = 5;

function expect(condition, reason) {
  if (!condition) throw new Error(reason);
}

function watchErrors(page) {
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

async function waitForRows(page, table = "[data-testid=bars-table]") {
  const row = page.locator(`${table} tbody tr`).first();
  await row.waitFor({ state: "attached", timeout }).catch(async () => {
    const shown = (await page.locator("body").textContent()).replaceAll(/\s+/g, " ").slice(0, 300);
    throw new Error(`no bars after ${options.timeout} s; the page shows: ${shown}`);
  });
}

function readRows(page) {
  return page.locator("[data-testid=bars-table] tbody tr").evaluateAll((rows, count) => {
    const names = ["time", "open", "high", "low", "close", "volume", "trades", "verdict"];
    return rows.slice(0, count).map((row) => {
      const cells = [...row.children].map((cell) => cell.textContent);
      const shown = Object.fromEntries(names.map((name, index) => [name, cells[index]]));
      return {
        ...shown,
        unix_time: Number(row.dataset.time),
        closed: row.dataset.closed === "true",
      };
    });
  }, FIRST_ROWS);
}

async function signIn(page) {
  const startedAt = performance.now();
  await page.goto(options.url, { timeout, waitUntil: "commit" });
  await waitForRows(page);
  const firstCandleMs = Math.round(performance.now() - startedAt);
  const { href } = new URL(page.url());
  const code = new URLSearchParams(new URL(options.url).hash.slice(1)).get("login");
  expect(code === null || !href.includes(code), "the address bar still shows the login code");
  return firstCandleMs;
}

async function chooseSymbol(page) {
  const symbol = options["expect-symbol"];
  if (symbol === undefined) return;
  const button = page.locator(`[data-symbol="${symbol}"]`);
  await button.waitFor({ state: "visible", timeout }).catch(() => {
    throw new Error(`${symbol} is not in the symbol list`);
  });
  await button.click({ timeout });
  await waitForRows(page, `[data-market^="${symbol} "]`);
}

async function checkStates(page) {
  const connected = page.getByTestId("connection-state").filter({ hasText: "Connected" });
  await connected.waitFor({ timeout }).catch(() => {
    throw new Error("the connection state is not shown as Connected");
  });
  const badge = page.getByTestId("simulated-badge");
  if (options.simulated) {
    await badge.waitFor({ state: "visible", timeout }).catch(() => {
      throw new Error("the badge of simulated data is missing");
    });
  }
  expect(options.simulated || !(await badge.isVisible()), "real data is shown as simulated");
  expect((await page.locator("canvas").count()) > 0, "there is no chart canvas");
  return page.getByTestId("feed-state").textContent();
}

async function switchTimeframe(page, timeframe) {
  const button = page.locator(`[data-timeframe="${timeframe}"]`);
  await button.click({ timeout });
  await page.waitForURL((url) => url.searchParams.get("timeframe") === timeframe, { timeout });
  await page.locator(`[data-timeframe="${timeframe}"][aria-pressed=true]`).waitFor({ timeout });
  await waitForRows(page, `[data-market$=" ${timeframe}"]`);
  return readRows(page);
}

async function look(page, errors) {
  const first_candle_ms = await signIn(page);
  await chooseSymbol(page);
  const feed = await checkStates(page);
  const rows = await readRows(page);
  const title = await page.title();
  // Two frames, so that the canvas shows what the table says.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  if (options.screenshot !== undefined) await page.screenshot({ path: options.screenshot });
  const switched = await switchTimeframe(page, options.timeframe);
  await switchTimeframe(page, "1m");
  expect(errors.length === 0, `the console has errors: ${errors.join(" | ")}`);
  return {
    rows,
    title,
    first_candle_ms,
    feed,
    [`rows_${options.timeframe}`]: switched,
    url: page.url(),
  };
}

async function main() {
  expect(options.url !== undefined, "--url LOGIN_URL is missing");
  const { page, close } = await openBrowser({
    colorScheme: options.scheme,
    width: Number(options.width),
    height: Number(options.height),
  });
  const errors = watchErrors(page);
  try {
    console.log(JSON.stringify(await look(page, errors)));
  } catch (error) {
    if (options.screenshot !== undefined) {
      await page.screenshot({ path: options.screenshot, timeout: 5000 }).catch(() => undefined);
    }
    const seen = errors.length === 0 ? "" : `; console: ${errors.join(" | ")}`;
    throw new Error(`${error.message}${seen}`);
  } finally {
    await close();
  }
}

// Nothing may hang for ever: neither a browser that does not start nor one that does not close.
const watchdog = setTimeout(() => {
  console.error("smoke: gave up, the run took too long");
  process.exit(1);
}, timeout * 6);

main()
  .catch((error) => {
    console.error(`smoke: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => clearTimeout(watchdog));
