// An invented market for the fake server: the same seed gives the same bars, with every verdict
// among them, so that a screenshot shows the same picture twice.

const SECONDS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400 };
const TIMEFRAMES = Object.keys(SECONDS);

export const EXCHANGES = [
  {
    exchange: "binance",
    market_open: true,
    simulated: true,
    symbols: [
      symbol("binance:BTCUSDT", 0.01, 0.00001, 64_200, true, 0.998),
      symbol("binance:ETHUSDT", 0.01, 0.0001, 3_150, true, 0.995),
      symbol("binance:SOLUSDT", 0.01, 0.001, 148, false, 0.912),
      symbol("binance:PEPEUSDT", 1e-8, 1, 0.0000112, true, 1),
    ],
  },
  {
    exchange: "alpaca",
    market_open: false,
    simulated: false,
    symbols: [
      symbol("alpaca:AAPL", 0.01, 1, 227, true, 0.999),
      symbol("alpaca:SPY", 0.01, 1, 571, null, null),
    ],
  },
  {
    exchange: "yahoo",
    market_open: true,
    simulated: false,
    symbols: [symbol("yahoo:THYAO.IS", 0.25, 1, 281, true, 0.971)],
  },
];

function symbol(id, price_step, size_step, price, fresh, quality_score) {
  const name = id.slice(id.indexOf(":") + 1);
  return {
    id,
    symbol: name,
    timeframes: TIMEFRAMES,
    price_step,
    size_step,
    price,
    fresh,
    quality_score,
  };
}

export function findSymbol(id) {
  return EXCHANGES.flatMap(({ symbols }) => symbols).find((known) => known.id === id);
}

export function isSimulated(id) {
  return EXCHANGES.some((e) => e.simulated && e.symbols.some((known) => known.id === id));
}

/** A small hash as randomness: any bar can be computed without those before it. */
function noise(...parts) {
  let hash = 2_166_136_261;
  for (const character of parts.join("|")) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2_246_822_519);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 4_294_967_296;
}

/** The price is a sum of waves and noise, so that neighbouring bars meet. */
function priceAt({ id, price, price_step }, time) {
  const hours = time / 3600;
  const waves =
    Math.sin(hours / 37) * 0.04 + Math.sin(hours / 5.3) * 0.012 + Math.sin(hours * 1.7) * 0.004;
  const jitter = (noise(id, time) - 0.5) * 0.0022;
  return roundTo(price * (1 + waves + jitter), price_step);
}

function roundTo(value, step) {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
  return Number((Math.round(value / step) * step).toFixed(decimals));
}

function verdictOf(id, index, step) {
  const position = index % 150;
  if (position >= 92 && position <= 97) return "feed_down";
  if (position === 98) return "partial";
  if (position === 60 || position === 61) return "healed";
  if (position === 110) return "revised";
  if (position === 130) return "suspect";
  return noise(id, index, step) > 0.996 ? "revised" : "complete";
}

/** Verdicts are placed by distance from the start of the fake, so the newest page shows them all. */
const startedAt = Math.floor(Date.now() / 1000);

function barAt(market, timeframe, time, now) {
  const step = SECONDS[timeframe];
  const closed = time + step <= now;
  const index = 150 * 1_000_000 + 149 - Math.floor((startedAt - time) / step);
  const verdict = closed ? verdictOf(market.id, index, step) : "complete";
  const base = { time, verdict, revision: verdict === "revised" ? 1 : 0, closed };
  if (verdict === "feed_down") {
    return {
      ...base,
      open: null,
      high: null,
      low: null,
      close: null,
      volume: null,
      trades: 0,
      vwap: null,
    };
  }
  return { ...base, ...pricesOf(market, time, closed ? time + step : now, step) };
}

function pricesOf(market, from, until, step) {
  const open = priceAt(market, from);
  const close = priceAt(market, until);
  const reach = market.price * 0.0006 * Math.sqrt(step / 60);
  const high = roundTo(
    Math.max(open, close) + reach * noise(market.id, from, "high"),
    market.price_step,
  );
  const low = roundTo(
    Math.min(open, close) - reach * noise(market.id, from, "low"),
    market.price_step,
  );
  const part = (until - from) / step;
  const busy = 0.4 + noise(market.id, from, "volume") + Math.abs(close / open - 1) * 400;
  const trades = Math.max(1, Math.round(busy * part * 300));
  const volume = roundTo((busy * part * step * 4000) / market.price, market.size_step);
  return { open, high, low, close, volume, trades, vwap: (open + close) / 2 };
}

export function barsBefore(market, timeframe, before, limit, now) {
  const step = SECONDS[timeframe];
  const end =
    before === null ? Math.floor(now / step) * step : Math.ceil(before / step) * step - step;
  const bars = [];
  for (let index = limit - 1; index >= 0; index -= 1) {
    bars.push(barAt(market, timeframe, end - index * step, now));
  }
  return bars;
}

export function isTimeframe(timeframe) {
  return timeframe in SECONDS;
}
