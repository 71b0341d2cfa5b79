// axe finds nothing in any state of the page, dark and light, wide and narrow.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const source = await readFile(AXE, "utf8");
  const looked = [];
  const found = [];
  const look = async (state) => {
    await desk.painted();
    await page.evaluate(source);
    const { violations } = await page.evaluate(() => window.axe.run(document));
    for (const { id, help, nodes } of violations) {
      found.push(`${state}: ${id}: ${help} at ${nodes.map((node) => node.target).join(" , ")}`);
    }
    looked.push(state);
  };
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await look(`${scheme} chart`);
    for (const [state, key] of Object.entries({ trust: "Alt+h", alerts: "Alt+a" })) {
      await page.keyboard.press(key);
      await page.getByRole("complementary").waitFor();
      await page.waitForTimeout(300);
      await look(`${scheme} ${state}`);
      await page.keyboard.press(key);
    }
    for (const [state, key] of Object.entries({
      help: "?",
      search: "/",
      interval: "5",
      indicators: "Alt+i",
    })) {
      await page.keyboard.press(key);
      await page.getByRole("dialog").waitFor();
      await look(`${scheme} ${state}`);
      await page.keyboard.press("Escape");
      // By its tag: a closed dialog has no role any more while the page still takes no keys for others.
      await page.locator("dialog").waitFor({ state: "detached" });
    }
    await page.keyboard.press("Alt+r");
    await page.getByRole("toolbar", { name: "Replay" }).waitFor();
    await look(`${scheme} replay`);
    await page.keyboard.press("Alt+r");
    await desk.shot(`page-${scheme}`);
  }
  await page.setViewportSize({ width: 390, height: 780 });
  await look("phone");
  await desk.shot("phone");
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  desk.expect(width <= 390, `a phone has to scroll sideways: ${width} pixels`);
  desk.expect(found.length === 0, found.join(" | "));
  return { looked };
}
