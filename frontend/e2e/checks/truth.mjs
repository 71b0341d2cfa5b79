// The truth overlay: marks and stories of bars, scores, gaps, and the history of a revised bar.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const chart = await desk.api(`charts/${desk.symbol}?limit=50`);
  const { gaps } = await desk.api(`gaps?symbol=${desk.symbol}`);
  const revised = chart.bars.findLast((bar) => bar.revision > 0);
  desk.expect(gaps.length > 0, "the test needs a gap");
  desk.expect(revised !== undefined, "the test needs a revised bar");

  await page.keyboard.press("Alt+h");
  const panel = page.getByTestId("truth-panel");
  await panel.waitFor();
  await page.getByTestId("score-timeline").getByRole("img").waitFor();
  const stories = await panel.getByTestId("gaps").locator("li").allTextContents();
  desk.expect(stories.length === gaps.length, `${gaps.length} gaps are shown as ${stories.length}`);
  desk.expect(stories[0].includes(gaps[0].reason), `a gap without its reason: ${stories[0]}`);

  const revisions = await panel.getByTestId("revised-bars").locator("li button").all();
  desk.expect(revisions.length > 0, "no revised bar is listed");
  await revisions[0].click();
  const history = panel.getByTestId("bar-history");
  await history.locator('li[data-revision="0"]').waitFor();
  const path = `charts/${desk.symbol}/revisions?time=${revised.time}`;
  const { versions } = await desk.api(path);
  const told = await history.locator("li").count();
  desk.expect(told === versions.length, `${versions.length} versions are shown as ${told}`);
  const tooltip = await hoverUntilStory(desk);
  await desk.shot("truth");
  return { stories, tooltip, versions: told };
}

/** Moves the pointer over the bars until one has something to tell. */
async function hoverUntilStory({ page, expect }) {
  const box = await page.locator("figure").boundingBox();
  const tooltip = page.getByTestId("verdict-tooltip");
  for (let x = box.width - 90; x > 20; x -= 4) {
    await page.mouse.move(box.x + x, box.y + box.height / 3);
    if (await tooltip.isVisible()) return (await tooltip.textContent()).trim();
  }
  expect(false, "no bar tells a story under the pointer");
}
