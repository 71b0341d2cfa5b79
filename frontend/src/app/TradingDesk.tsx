// The first page: symbols on the left, the chart of the chosen one on the right, states on top.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { LoadingNotice, Notice } from "@/components/Notice";
import { ChartPanel } from "@/features/chart/ChartPanel";
import { createChartStore } from "@/features/chart/chart-store";
import { findSymbol, symbolsQuery, type WatchedExchange } from "@/features/watchlist/symbols";
import { Watchlist } from "@/features/watchlist/Watchlist";
import { DEFAULT_TIMEFRAME } from "@/lib/timeframe";
import { DeskHeader } from "./DeskHeader";
import { useMarketChoice } from "./use-market-choice";
import { usePageTitle } from "./use-page-title";

const NO_EXCHANGES: readonly WatchedExchange[] = [];

export function TradingDesk({ onSignOut }: { readonly onSignOut: () => void }) {
  const [chartStore] = useState(createChartStore);
  const [choice, choose] = useMarketChoice();
  const [isListOpen, setIsListOpen] = useState(false);
  const symbols = useQuery(symbolsQuery);
  const exchanges = symbols.data ?? NO_EXCHANGES;
  const symbolId = choice.symbol ?? exchanges[0]?.symbols[0]?.id ?? null;
  const symbol = symbolId === null ? null : findSymbol(exchanges, symbolId);
  const timeframe = choice.timeframe ?? DEFAULT_TIMEFRAME;
  const saidByChart = useStore(chartStore, ({ simulated }) => simulated);
  const saidByList = exchanges.find(({ exchange }) => exchange === symbol?.exchange)?.simulated;
  usePageTitle(symbol, chartStore);

  // The address names the whole view, also the part of it that the page chose by itself.
  useEffect(() => {
    if (symbol !== null) choose({ symbol: symbol.id, timeframe }, { history: "replace" });
  }, [symbol, timeframe, choose]);

  const chooseSymbol = (id: string) => {
    setIsListOpen(false);
    choose({ symbol: id });
  };
  return (
    <div className="flex h-dvh flex-col bg-canvas text-ink">
      <DeskHeader
        symbol={symbol}
        timeframe={timeframe}
        isSimulated={saidByChart ?? saidByList ?? false}
        chartStore={chartStore}
        isListOpen={isListOpen}
        onToggleList={() => setIsListOpen(!isListOpen)}
        onChooseTimeframe={(chosen) => choose({ timeframe: chosen })}
        onSignOut={onSignOut}
      />
      <div className="relative flex min-h-0 flex-1">
        <nav
          id="watchlist"
          aria-label="Symbols"
          data-open={isListOpen}
          className="w-52 shrink-0 border-line border-r bg-panel max-md:absolute max-md:inset-y-0 max-md:left-0 max-md:z-20 max-md:hidden max-md:data-[open=true]:block"
        >
          <Watchlist
            exchanges={symbols.data}
            error={symbols.error}
            onRetry={() => void symbols.refetch()}
            chosen={symbol?.id ?? null}
            onChoose={chooseSymbol}
          />
        </nav>
        <main className="flex min-h-0 min-w-0 flex-1 bg-panel">
          {symbol === null ? (
            <NoChart
              isLoading={symbols.isPending}
              symbolId={symbolId}
              hasList={exchanges.length > 0}
            />
          ) : (
            <ChartPanel instrument={symbol} timeframe={timeframe} store={chartStore} />
          )}
        </main>
      </div>
    </div>
  );
}

interface NoChartProps {
  readonly isLoading: boolean;
  readonly symbolId: string | null;
  readonly hasList: boolean;
}

function NoChart({ isLoading, symbolId, hasList }: NoChartProps) {
  return (
    <div className="m-auto">
      {isLoading && <LoadingNotice title="Loading symbols…" />}
      {!isLoading && hasList && symbolId !== null && (
        <Notice title={`${symbolId} is not watched`} detail="Choose a symbol from the list." />
      )}
    </div>
  );
}
