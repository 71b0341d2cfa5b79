// The first page: symbols on the left, charts on the right, states on top.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { useStore } from "zustand";
import { findSymbol, symbolsQuery, type WatchedExchange } from "@/api/symbols";
import { Watchlist } from "@/features/watchlist/Watchlist";
import { DEFAULT_CELL } from "@/features/workspace/workspace";
import { priceFormatter } from "@/lib/format";
import { ChartGrid } from "./ChartGrid";
import { chartStoreOf } from "./chart-stores";
import { DeskDialogs } from "./DeskDialogs";
import { DeskHeader } from "./DeskHeader";
import { DeskPanel } from "./DeskPanel";
import { DeskReplay } from "./DeskReplay";
import { usePageState } from "./page-state";
import { useKeyboard } from "./use-keyboard";
import { usePageTitle } from "./use-page-title";
import { workspace } from "./workspace";

const FiredAlerts = lazy(async () => ({
  default: (await import("@/features/alerts/FiredAlerts")).FiredAlerts,
}));
const NO_EXCHANGES: readonly WatchedExchange[] = [];

export function TradingDesk({ onSignOut }: { readonly onSignOut: () => void }) {
  const { cells, active, changeActive } = useStore(workspace);
  const isListOpen = usePageState((state) => state.isWatchlistOpen);
  const symbols = useQuery(symbolsQuery);
  const exchanges = symbols.data ?? NO_EXCHANGES;
  const cell = cells[active] ?? DEFAULT_CELL;
  const symbolId = cell.symbol ?? exchanges[0]?.symbols[0]?.id ?? null;
  const symbol = symbolId === null ? null : findSymbol(exchanges, symbolId);
  const chartStore = chartStoreOf(active);
  const saidByChart = useStore(chartStore, ({ simulated }) => simulated);
  const saidByList = exchanges.find(({ exchange }) => exchange === symbol?.exchange)?.simulated;
  usePageTitle(symbol, chartStore);
  useKeyboard();

  // The address names the whole view, also the part of it that the page chose by itself.
  const fullId = symbol?.id ?? null;
  useEffect(() => {
    if (fullId !== null) changeActive({ symbol: fullId });
  }, [fullId, changeActive]);

  return (
    <div className="flex h-dvh flex-col bg-canvas text-ink">
      <DeskHeader
        symbol={symbol}
        cell={cell}
        isSimulated={saidByChart ?? saidByList ?? false}
        chartStore={chartStore}
        onSignOut={onSignOut}
      />
      <div className="relative flex min-h-0 flex-1">
        <nav
          id="watchlist"
          aria-label="Symbols"
          data-open={isListOpen}
          className="w-52 shrink-0 border-line border-r bg-panel max-md:absolute max-md:inset-y-0 max-md:left-0 max-md:z-30 max-md:hidden max-md:data-[open=true]:block"
        >
          <Watchlist
            exchanges={symbols.data}
            error={symbols.error}
            onRetry={() => void symbols.refetch()}
            chosen={symbol?.id ?? null}
            onChoose={(id) => {
              usePageState.setState({ isWatchlistOpen: false });
              changeActive({ symbol: id, range: null });
            }}
          />
        </nav>
        <ChartGrid exchanges={exchanges} isLoading={symbols.isPending} />
        {symbol !== null && <DeskPanel symbol={symbol} cell={cell} exchanges={exchanges} />}
      </div>
      <Suspense>
        <FiredAlerts
          priceFormatterOf={(name) =>
            priceFormatter(findSymbol(exchanges, name)?.priceStep ?? null)
          }
          onShow={(id) => changeActive({ symbol: id, range: null })}
        />
      </Suspense>
      <DeskReplay symbol={symbol} cell={cell} />
      <DeskDialogs exchanges={exchanges} />
    </div>
  );
}
