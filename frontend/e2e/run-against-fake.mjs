// `npm run e2e`: the smoke test of the built page against the fake server.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startFakeServer } from "./fake-server.mjs";

const fake = await startFakeServer();
const script = fileURLToPath(new URL("./smoke.mjs", import.meta.url));
const expected = ["--expect-symbol", "binance:BTCUSDT", "--simulated"];
const smoke = spawn(
  process.execPath,
  [script, "--url", fake.loginUrl, ...expected, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
smoke.on("exit", (code) => {
  fake.stop();
  process.exitCode = code ?? 1;
});
