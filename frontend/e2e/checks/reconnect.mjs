// The API dies: the page says so, keeps its bars, and is connected again by itself.
export async function run(desk) {
  const { page } = desk;
  await desk.open();
  const before = await desk.bars();
  const state = page.getByTestId("connection-state");
  await state.filter({ hasText: "Connected" }).waitFor();
  process.kill(Number(desk.apiPid), "SIGKILL");
  await state.filter({ hasText: /Reconnecting|Connecting|Offline/ }).waitFor();
  const words = await state.textContent();
  await desk.shot("reconnecting");
  const kept = await desk.bars();
  desk.expect(kept.length === before.length, `${before.length} bars became ${kept.length}`);
  await state.filter({ hasText: "Connected" }).waitFor();
  await desk.until("the bars are those of the API", async () => {
    const { bars } = await desk.api(`charts/${desk.symbol}?limit=50`);
    const shown = (await desk.bars()).map(({ time }) => time);
    return String(shown) === String(bars.map(({ time }) => time).toReversed());
  });
  return { words };
}

/** The browser itself reports each attempt that fails. */
export const expectedErrors = [
  /WebSocket connection/,
  /ERR_CONNECTION_REFUSED/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_CONNECTION_RESET/,
  /503/,
];
