// Looks at one thing of the page as a user does, against a running product:
//   node e2e/desk.mjs CHECK --url http://127.0.0.1:8000 --token ACCESS_TOKEN [--shots DIR]
// CHECK is the name of a file in e2e/checks. Exit 0 with what it saw as JSON, 1 with the reason.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBrowser } from "./browser.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string" },
    token: { type: "string" },
    shots: { type: "string" },
    "api-pid": { type: "string" },
    symbol: { type: "string", default: "binance:BTCUSDT" },
    seconds: { type: "string", default: "30" },
    width: { type: "string", default: "1440" },
    height: { type: "string", default: "860" },
    scheme: { type: "string", default: "dark" },
  },
});

const SECONDS = Number(options.seconds);

export class Desk {
  constructor(page) {
    this.page = page;
    this.errors = [];
    page.setDefaultTimeout(SECONDS * 1000);
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
  }

  get url() {
    return options.url;
  }

  get apiPid() {
    return options["api-pid"];
  }

  get symbol() {
    return options.symbol;
  }

  /** Opens the page with a session of its own, at an address of the reader's choice. */
  async open(search = `?symbol=${options.symbol}`) {
    const session = { accessToken: options.token, refreshToken: "none: the access token lasts" };
    await this.page.addInitScript((text) => {
      window.sessionStorage.setItem("tickloom.session", text);
    }, JSON.stringify(session));
    await this.page.goto(`${options.url}/${search}`, { waitUntil: "commit" });
    await this.bars();
  }

  /** The rows of the table, newest first, as shown; waits for the first one. */
  async bars(market = "") {
    const table = `[data-testid=bars-table]${market && `[data-market^="${market}"]`}`;
    await this.page.locator(`${table} tbody tr`).first().waitFor({ state: "attached" });
    return this.page.locator(`${table} tbody tr`).evaluateAll((rows) =>
      rows.map((row) => ({
        time: Number(row.dataset.time),
        closed: row.dataset.closed === "true",
        revision: Number(row.dataset.revision),
        cells: [...row.children].map((cell) => cell.textContent),
      })),
    );
  }

  /** Types an interval, as "5" or "1h". */
  async chooseInterval(typed) {
    await this.page.keyboard.press(typed[0]);
    const field = this.page.getByLabel("Interval", { exact: true });
    await field.waitFor();
    await this.page.keyboard.type(typed.slice(1));
    await this.page.keyboard.press("Enter");
    await field.waitFor({ state: "detached" });
  }

  async api(path) {
    const headers = { Authorization: `Bearer ${options.token}` };
    const response = await fetch(`${options.url}/api/v1/${path}`, { headers });
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return response.json();
  }

  /** Waits until the function returns something true, in the browser's own process. */
  async until(what, look) {
    const end = Date.now() + SECONDS * 1000;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > end) throw new Error(`after ${SECONDS} s still not true: ${what}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  expect(condition, reason) {
    if (!condition) throw new Error(reason);
  }

  /** Two frames, so that the canvas shows what the page says. */
  async painted() {
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
  }

  async shot(name) {
    if (options.shots === undefined) return;
    await this.painted();
    await this.page.screenshot({ path: join(options.shots, `${name}.png`) });
  }
}

async function main() {
  const [check] = positionals;
  const { run, expectedErrors = [] } = await import(`./checks/${check}.mjs`);
  const { page, close } = await openBrowser({
    colorScheme: options.scheme,
    width: Number(options.width),
    height: Number(options.height),
  });
  const desk = new Desk(page);
  try {
    const seen = (await run(desk)) ?? {};
    const errors = desk.errors.filter((text) => !expectedErrors.some((known) => text.match(known)));
    desk.expect(errors.length === 0, `the console has errors: ${errors.join(" | ")}`);
    console.log(JSON.stringify(seen));
  } catch (error) {
    await desk.shot(`failed-${check}`).catch(() => undefined);
    throw new Error(`${error.message}; console: ${desk.errors.join(" | ") || "quiet"}`);
  } finally {
    await close();
  }
}

// Nothing may hang for ever: neither a browser that does not start nor one that does not close.
const watchdog = setTimeout(() => {
  console.error("gave up: the check took too long");
  process.exit(1);
}, SECONDS * 4000);

main()
  .catch((error) => {
    console.error(`${positionals[0]}: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => clearTimeout(watchdog));
