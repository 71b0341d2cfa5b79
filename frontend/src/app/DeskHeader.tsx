// The bar on top: what is shown, in which timeframe, and how far it can be trusted right now.
import { useStore } from "zustand";
import { BrandMark } from "@/components/BrandMark";
import type { ChartStore } from "@/features/chart/chart-store";
import { ConnectionStatus } from "@/features/connection/ConnectionStatus";
import { FeedStatusPill } from "@/features/connection/FeedStatusPill";
import { SimulatedBadge } from "@/features/connection/SimulatedBadge";
import type { WatchedSymbol } from "@/features/watchlist/symbols";
import { priceFormatter } from "@/lib/format";
import { TIMEFRAMES, type Timeframe } from "@/lib/timeframe";
import { TimeframeSwitch } from "./TimeframeSwitch";
import { useLastPrice } from "./use-page-title";

interface Props {
  readonly symbol: WatchedSymbol | null;
  readonly timeframe: Timeframe;
  readonly isSimulated: boolean;
  readonly chartStore: ChartStore;
  readonly isListOpen: boolean;
  readonly onToggleList: () => void;
  readonly onChooseTimeframe: (timeframe: Timeframe) => void;
  readonly onSignOut: () => void;
}

export function DeskHeader(props: Props) {
  const { symbol, timeframe, isSimulated, chartStore, onChooseTimeframe } = props;
  const connection = useStore(chartStore, (state) => state.connection);
  const feed = useStore(chartStore, (state) => state.feed);
  const retry = useStore(chartStore, (state) => state.retry);
  return (
    <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-line border-b bg-panel px-3 py-1">
      <div className="flex items-center gap-2">
        <BrandMark />
        <span className="font-semibold text-sm tracking-tight max-md:hidden">Tickloom</span>
        <button
          type="button"
          className="button md:hidden"
          aria-expanded={props.isListOpen}
          aria-controls="watchlist"
          onClick={props.onToggleList}
        >
          Symbols
        </button>
      </div>
      {symbol !== null && <Headline symbol={symbol} chartStore={chartStore} />}
      <TimeframeSwitch
        available={symbol?.timeframes ?? TIMEFRAMES}
        chosen={timeframe}
        onChoose={onChooseTimeframe}
      />
      {isSimulated && <SimulatedBadge />}
      <div className="ml-auto flex flex-wrap items-center gap-x-4 gap-y-1">
        {symbol !== null && (
          <>
            <FeedStatusPill status={feed} connection={connection} />
            <ConnectionStatus connection={connection} onRetry={retry} />
          </>
        )}
        <button type="button" className="button" onClick={props.onSignOut}>
          Sign out
        </button>
      </div>
    </header>
  );
}

interface HeadlineProps {
  readonly symbol: WatchedSymbol;
  readonly chartStore: ChartStore;
}

function Headline({ symbol, chartStore }: HeadlineProps) {
  const lastPrice = useLastPrice(chartStore);
  return (
    <div className="flex items-baseline gap-2">
      <h1 className="font-semibold text-sm">{symbol.symbol}</h1>
      <span className="text-muted text-xs max-md:hidden">{symbol.exchange}</span>
      <span data-testid="last-price" className="font-medium text-sm tabular-nums">
        {priceFormatter(symbol.priceStep)(lastPrice)}
      </span>
    </div>
  );
}
