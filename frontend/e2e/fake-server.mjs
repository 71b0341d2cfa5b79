// A stand-in for the API with the same shapes, for development and the smoke test of the page alone.
//   node e2e/fake-server.mjs [--port 8000] [--faults]
// With --faults every tenth message is lost, and the socket is dropped every 20 seconds.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";
import { indicatorsOf, lastOf, WARM_UP } from "./fake-indicators.mjs";
import { barsBefore, EXCHANGES, findSymbol, isSimulated, isTimeframe } from "./fake-market.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const OLDEST_BAR = Math.floor(Date.now() / 1000) - 86_400 * 365;
export const LOGIN_CODE = "fake-login-code";
const TOKENS = {
  access_token: "fake-access",
  refresh_token: "fake-refresh",
  token_type: "bearer",
  expires_in: 3600,
};

const nowSeconds = () => Date.now() / 1000;

export function startFakeServer({ port = 0, faults = false } = {}) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) =>
      problem(response, 500, "Fake server failed", String(error)),
    );
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "bearer" });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (client) => serveChart(client, request, faults));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${server.address().port}`;
      resolve({ url, loginUrl: `${url}/#login=${LOGIN_CODE}`, stop: () => stop(server, sockets) });
    });
  });
}

function stop(server, sockets) {
  for (const client of sockets.clients) client.terminate();
  server.closeAllConnections();
  server.close();
}

async function answer(request, response) {
  const url = new URL(request.url, "http://fake");
  const path = decodeURIComponent(url.pathname);
  if (path === "/api/v1/auth/link") return signIn(request, response);
  if (path === "/api/v1/auth/logout") return response.writeHead(204).end();
  if (!path.startsWith("/api/")) return sendFile(response, path);
  if (request.headers.authorization !== `Bearer ${TOKENS.access_token}`) {
    return problem(response, 401, "Not authenticated", "The token is not valid.");
  }
  if (path === "/api/v1/symbols") return json(response, 200, { exchanges: EXCHANGES });
  if (path.startsWith("/api/v1/quality/"))
    return json(response, 200, { score: 1, timeline: [], next_before: null });
  if (path === "/api/v1/alerts") return json(response, 200, { alerts: [], next_cursor: null });
  if (path === "/api/v1/gaps") return json(response, 200, { gaps: [], next_cursor: null });
  if (path.endsWith("/revisions")) return json(response, 200, { versions: [], next_cursor: null });
  if (path.startsWith("/api/v1/charts/"))
    return sendChart(response, path.slice(15), url.searchParams);
  return problem(response, 404, "Not found", `There is no ${path}.`);
}

async function signIn(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { code } = JSON.parse(Buffer.concat(chunks).toString());
  if (code === LOGIN_CODE) return json(response, 200, TOKENS);
  return problem(
    response,
    401,
    "Login link not valid",
    "This login link has been used or has expired.",
  );
}

function sendChart(response, symbol, query) {
  const market = findSymbol(symbol);
  const timeframe = query.get("timeframe") ?? "1m";
  if (market === undefined)
    return problem(response, 404, "Unknown symbol", `${symbol} is not watched.`);
  if (!isTimeframe(timeframe)) return problem(response, 422, "Unknown timeframe", timeframe);
  const before = query.has("before") ? Number(query.get("before")) : null;
  const limit = Number(query.get("limit") ?? 500);
  const page = pageOf(market, timeframe, before, limit);
  const next_before = page.bars.length < limit ? null : page.bars[0].time;
  return json(response, 200, { symbol, timeframe, ...page, next_before });
}

/** Bars with their indicators, which need some history before the first bar of the page. */
function pageOf(market, timeframe, before, limit) {
  const long = barsBefore(market, timeframe, before, limit + WARM_UP, nowSeconds());
  const bars = long.slice(-limit).filter(({ time }) => time > OLDEST_BAR);
  return { bars, indicators: lastOf(indicatorsOf(long), bars.length) };
}

function serveChart(client, request, faults) {
  const url = new URL(request.url, "http://fake");
  const symbol = decodeURIComponent(url.pathname.slice("/ws/".length));
  const timeframe = url.searchParams.get("timeframe") ?? "1m";
  const market = findSymbol(symbol);
  if (!request.headers["sec-websocket-protocol"]?.includes(TOKENS.access_token))
    return client.close(4001);
  if (market === undefined) return client.close(4004);
  let seq = 0;
  const send = (message) => client.send(JSON.stringify(message));
  const sendInitial = () =>
    send({
      type: "initial",
      symbol,
      timeframe,
      simulated: isSimulated(symbol),
      seq,
      ...pageOf(market, timeframe, null, 500),
    });
  sendInitial();
  client.on("message", (text) => JSON.parse(text).type === "resume" && sendInitial());
  const timer = setInterval(() => {
    seq += 1;
    if (faults && seq % 10 === 0) return;
    send({
      type: "update",
      seq,
      ...pageOf(market, timeframe, null, 2),
    });
    send({ type: "status", feed: "live", age_ms: 40 + ((seq * 37) % 160) });
  }, 500);
  const drop = faults ? setTimeout(() => client.close(1012), 20_000) : null;
  client.on("close", () => {
    clearInterval(timer);
    clearTimeout(drop);
  });
}

async function sendFile(response, path) {
  const name = path === "/" ? "index.html" : normalize(path).replace(/^[/\\]+/, "");
  try {
    const body = await readFile(join(DIST, name));
    response
      .writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream" })
      .end(body);
  } catch {
    problem(response, 404, "Not found", `There is no ${path}.`);
  }
}

function json(response, status, body, type = "application/json") {
  response.writeHead(status, { "Content-Type": type }).end(JSON.stringify(body));
}

function problem(response, status, title, detail) {
  json(
    response,
    status,
    { type: "about:blank", title, status, detail },
    "application/problem+json",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {
    port: { type: "string", default: "8000" },
    faults: { type: "boolean", default: false },
  };
  const { values } = parseArgs({ options });
  const { loginUrl } = await startFakeServer({ port: Number(values.port), faults: values.faults });
  console.log(`Open ${loginUrl}`);
}
