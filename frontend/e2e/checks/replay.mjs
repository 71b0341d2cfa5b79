// Bar replay: started, stepped, played to the end, left; the table never shows a bar that had not closed.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const all = (await desk.bars()).map(({ time }) => time);
  await page.keyboard.press("Alt+r");
  const bar = page.getByRole("toolbar", { name: "Replay" });
  await bar.waitFor();
  const until = async () => Number(await bar.getAttribute("data-until"));
  const shown = async () => (await desk.bars()).map(({ time }) => time);
  const expectOnlyClosed = async () => {
    const cutoff = await until();
    const wanted = all.filter((time) => time + 60 <= cutoff);
    await desk.until(
      `the bars closed by ${cutoff}`,
      async () => String(await shown()) === String(wanted),
    );
  };
  await expectOnlyClosed();
  const begin = await until();
  desk.expect(begin < all[0] + 60, "the replay begins at the end");
  await desk.shot("replay");
  await page.keyboard.press("Shift+ArrowRight");
  await desk.until("one bar more", async () => (await until()) === begin + 60);
  await expectOnlyClosed();
  await page.getByRole("button", { name: "One bar back" }).click();
  await desk.until("one bar less", async () => (await until()) === begin);
  await expectOnlyClosed();

  // Another interval stands at the same time.
  await desk.chooseInterval("5");
  const longer = (await desk.bars(`${desk.symbol} 5m`)).map(({ time }) => time);
  desk.expect(
    longer.every((time) => time + 300 <= begin),
    `5m shows the future: ${longer}`,
  );
  await desk.chooseInterval("1");
  await desk.bars(`${desk.symbol} 1m`);
  await expectOnlyClosed();

  await page.getByLabel("Speed").selectOption("20");
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await desk.until("the replay caught up", async () => (await until()) === all[0] + 60);
  await expectOnlyClosed();
  await page.getByRole("button", { name: "Back to live" }).click();
  await bar.waitFor({ state: "detached" });
  return { began_at: begin, bars: all.length };
}
