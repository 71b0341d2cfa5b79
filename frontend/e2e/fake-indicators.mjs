// Indicators of the fake server: the textbook formulas over the invented bars, so that a picture
// looks as it should. The product's own come from the engine, which is tested against TA-Lib.

const KEYS =
  "rsi_14 macd_12_26_9 macd_signal macd_hist bb_upper bb_middle bb_lower sma_20 sma_50 sma_100 sma_200 ema_12 ema_26 ema_50 vwap stoch_k stoch_d atr_14 adx_14 volume_sma_20".split(
    " ",
  );

const numbers = (bars, name) => {
  let last = null;
  return bars.map((bar) => {
    last = bar[name] ?? last;
    return last ?? 0;
  });
};

function sma(values, period) {
  let sum = 0;
  return values.map((value, index) => {
    sum += (value ?? 0) - (index >= period ? (values[index - period] ?? 0) : 0);
    return index < period - 1 ? null : sum / period;
  });
}

function ema(values, period, weight = 2 / (period + 1)) {
  let state = null;
  let seen = 0;
  return values.map((value) => {
    if (value === null) return null;
    state = state === null ? value : state + weight * (value - state);
    seen += 1;
    return seen < period ? null : state;
  });
}

const zip = (a, b, combine) =>
  a.map((x, i) => (x === null || b[i] === null ? null : combine(x, b[i])));

function deviation(values, means, period) {
  return means.map((mean, index) => {
    if (mean === null) return null;
    const part = values.slice(index - period + 1, index + 1);
    return Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / period);
  });
}

function rsi(close, period) {
  const change = close.map((value, i) => (i === 0 ? 0 : value - close[i - 1]));
  const up = ema(
    change.map((c) => Math.max(0, c)),
    period,
    1 / period,
  );
  const down = ema(
    change.map((c) => Math.max(0, -c)),
    period,
    1 / period,
  );
  return zip(up, down, (u, d) => (u + d === 0 ? 50 : (100 * u) / (u + d)));
}

function directional(high, low, close, period) {
  const range = high.map((h, i) => {
    const before = i === 0 ? close[i] : close[i - 1];
    return Math.max(h - low[i], Math.abs(h - before), Math.abs(low[i] - before));
  });
  const atr = ema(range, period, 1 / period);
  const moves = high.map((h, i) => (i === 0 ? [0, 0] : [h - high[i - 1], low[i - 1] - low[i]]));
  const plus = ema(
    moves.map(([u, d]) => (u > d && u > 0 ? u : 0)),
    period,
    1 / period,
  );
  const minus = ema(
    moves.map(([u, d]) => (d > u && d > 0 ? d : 0)),
    period,
    1 / period,
  );
  const dx = zip(plus, minus, (p, m) => (p + m === 0 ? 0 : (100 * Math.abs(p - m)) / (p + m)));
  return { atr, adx: ema(dx, period, 1 / period) };
}

function stochastic(high, low, close) {
  const raw = close.map((value, i) => {
    if (i < 13) return null;
    const top = Math.max(...high.slice(i - 13, i + 1));
    const bottom = Math.min(...low.slice(i - 13, i + 1));
    return top === bottom ? 50 : (100 * (value - bottom)) / (top - bottom);
  });
  const k = sma(raw, 3).map((value, i) => (i < 15 ? null : value));
  return { k, d: sma(k, 3).map((value, i) => (i < 17 ? null : value)) };
}

/** All columns over `bars`, whose first ones only warm up. */
export function indicatorsOf(bars) {
  const [close, high, low] = ["close", "high", "low"].map((name) => numbers(bars, name));
  const volume = bars.map((bar) => bar.volume ?? 0);
  const [fast, slow] = [ema(close, 12), ema(close, 26)];
  const macd = zip(fast, slow, (f, s) => f - s);
  const signal = ema(macd, 9);
  const middle = sma(close, 20);
  const spread = deviation(close, middle, 20);
  const { atr, adx } = directional(high, low, close, 14);
  const { k, d } = stochastic(high, low, close);
  const columns = {
    rsi_14: rsi(close, 14),
    macd_12_26_9: macd,
    macd_signal: signal,
    macd_hist: zip(macd, signal, (m, s) => m - s),
    bb_upper: zip(middle, spread, (m, s) => m + 2 * s),
    bb_middle: middle,
    bb_lower: zip(middle, spread, (m, s) => m - 2 * s),
    vwap: ema(close, 40),
    stoch_k: k,
    stoch_d: d,
    atr_14: atr,
    adx_14: adx,
    volume_sma_20: sma(volume, 20),
  };
  for (const period of [20, 50, 100, 200]) columns[`sma_${period}`] = sma(close, period);
  for (const period of [12, 26, 50]) columns[`ema_${period}`] = ema(close, period);
  return Object.fromEntries(KEYS.map((key) => [key, columns[key]]));
}

export const WARM_UP = 260;

/** Only the last `count` of each column. */
export function lastOf(columns, count) {
  return Object.fromEntries(
    Object.entries(columns).map(([key, column]) => [key, column.slice(-count)]),
  );
}
