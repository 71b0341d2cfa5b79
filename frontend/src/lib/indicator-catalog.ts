// The indicators the server computes, as the page names, groups and draws them. The keys are those
// of the API; adding an indicator here is all that it takes to show it.

export type PlotColor = "one" | "two" | "three" | "four" | "five" | "six" | "seven" | "eight";

export interface Plot {
  /** The key in the API's `indicators`. */
  readonly key: string;
  readonly label: string;
  readonly kind: "line" | "dashed" | "histogram";
  readonly color: PlotColor;
}

export interface Indicator {
  readonly id: string;
  readonly title: string;
  readonly group: "Moving averages" | "Bands" | "Panes";
  /** Drawn over the candles, or in a pane of its own below them. */
  readonly place: "overlay" | "pane";
  readonly plots: readonly Plot[];
  /** Horizontal guides of a pane, for example 30 and 70. */
  readonly levels?: readonly number[];
}

function average(name: "SMA" | "EMA", period: number, color: PlotColor): Indicator {
  const key = `${name.toLowerCase()}_${period}`;
  const title = `${name} ${period}`;
  const plots = [{ key, label: title, kind: "line", color } as const];
  return { id: key, title, group: "Moving averages", place: "overlay", plots };
}

function pane(id: string, title: string, plots: readonly Plot[], levels?: number[]): Indicator {
  const guides = levels === undefined ? {} : { levels };
  return { id, title, group: "Panes", place: "pane", plots, ...guides };
}

function line(key: string, label: string, color: PlotColor): Plot {
  return { key, label, kind: "line", color };
}

export const VOLUME_PANE = "volume";

export const INDICATORS: readonly Indicator[] = [
  average("SMA", 20, "one"),
  average("SMA", 50, "two"),
  average("SMA", 100, "three"),
  average("SMA", 200, "four"),
  average("EMA", 12, "five"),
  average("EMA", 26, "six"),
  average("EMA", 50, "seven"),
  {
    id: "bollinger",
    title: "Bollinger 20/2",
    group: "Bands",
    place: "overlay",
    plots: [
      line("bb_upper", "Upper", "eight"),
      { key: "bb_middle", label: "Middle", kind: "dashed", color: "eight" },
      line("bb_lower", "Lower", "eight"),
    ],
  },
  {
    id: "vwap",
    title: "VWAP",
    group: "Bands",
    place: "overlay",
    plots: [{ key: "vwap", label: "VWAP", kind: "dashed", color: "one" }],
  },
  pane(VOLUME_PANE, "Volume", [line("volume_sma_20", "SMA 20", "two")]),
  pane("rsi", "RSI 14", [line("rsi_14", "RSI", "three")], [30, 70]),
  pane("macd", "MACD 12/26/9", [
    { key: "macd_hist", label: "Histogram", kind: "histogram", color: "two" },
    line("macd_12_26_9", "MACD", "two"),
    line("macd_signal", "Signal", "one"),
  ]),
  pane(
    "stochastic",
    "Stochastic 14/3/3",
    [line("stoch_k", "%K", "two"), line("stoch_d", "%D", "one")],
    [20, 80],
  ),
  pane("atr", "ATR 14", [line("atr_14", "ATR", "six")]),
  pane("adx", "ADX 14", [line("adx_14", "ADX", "four")], [25]),
];

export const DEFAULT_INDICATORS: readonly string[] = [VOLUME_PANE];

export const INDICATOR_KEYS: readonly string[] = INDICATORS.flatMap(({ plots }) =>
  plots.map(({ key }) => key),
);

export function findIndicator(id: string): Indicator | undefined {
  return INDICATORS.find((indicator) => indicator.id === id);
}

/** Known ids once each, in the order given: the order of panes is the reader's own. */
export function knownIndicators(ids: readonly string[]): string[] {
  return [...new Set(ids)].filter((id) => findIndicator(id) !== undefined);
}
