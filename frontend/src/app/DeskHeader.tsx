// The bar on top: what is shown, in which timeframe, and how far it can be trusted right now.
import { useStore } from "zustand";
import type { WatchedSymbol } from "@/api/symbols";
import { BrandMark } from "@/components/BrandMark";
import type { ChartStore } from "@/features/chart/chart-store";
import { ConnectionStatus } from "@/features/connection/ConnectionStatus";
import { FeedStatusPill } from "@/features/connection/FeedStatusPill";
import { SimulatedBadge } from "@/features/connection/SimulatedBadge";
import type { Cell } from "@/features/workspace/workspace";
import { priceFormatter } from "@/lib/format";
import { TIMEFRAMES } from "@/lib/timeframe";
import { DeskTools } from "./DeskTools";
import { openDialog, usePageState } from "./page-state";
import { TimeframeSwitch } from "./TimeframeSwitch";
import { useLastPrice } from "./use-page-title";
import { workspace } from "./workspace";

interface Props {
  readonly symbol: WatchedSymbol | null;
  readonly cell: Cell;
  readonly isSimulated: boolean;
  readonly chartStore: ChartStore;
  readonly onSignOut: () => void;
}

export function DeskHeader({ symbol, cell, isSimulated, chartStore, onSignOut }: Props) {
  const connection = useStore(chartStore, (state) => state.connection);
  const feed = useStore(chartStore, (state) => state.feed);
  const retry = useStore(chartStore, (state) => state.retry);
  const isListOpen = usePageState((state) => state.isWatchlistOpen);
  return (
    <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-line border-b bg-panel px-3 py-1">
      <div className="flex items-center gap-2">
        <BrandMark />
        <span className="font-semibold text-sm tracking-tight max-2xl:hidden">Tickloom</span>
        <button
          type="button"
          className="button md:hidden"
          aria-expanded={isListOpen}
          aria-controls="watchlist"
          onClick={() => usePageState.setState({ isWatchlistOpen: !isListOpen })}
        >
          Symbols
        </button>
      </div>
      {symbol !== null && <Headline symbol={symbol} chartStore={chartStore} />}
      <TimeframeSwitch
        available={symbol?.timeframes ?? TIMEFRAMES}
        chosen={cell.timeframe}
        onChoose={(timeframe) => workspace.getState().changeActive({ timeframe, range: null })}
      />
      <DeskTools />
      {isSimulated && <SimulatedBadge />}
      <div className="ml-auto flex flex-wrap items-center gap-x-3 gap-y-1">
        {symbol !== null && (
          <>
            <FeedStatusPill status={feed} connection={connection} />
            <ConnectionStatus connection={connection} onRetry={retry} />
          </>
        )}
        <button type="button" className="button" onClick={onSignOut}>
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
      <h1>
        <button
          type="button"
          title="Find a symbol (type its name)"
          className="rounded px-1 font-semibold text-sm hover:bg-hover"
          onClick={() => openDialog({ kind: "search", typed: "" })}
        >
          {symbol.symbol}
        </button>
      </h1>
      <span className="text-muted text-xs max-2xl:hidden">{symbol.exchange}</span>
      <span data-testid="last-price" className="font-medium text-sm tabular-nums">
        {priceFormatter(symbol.priceStep)(lastPrice)}
      </span>
    </div>
  );
}
