// The charts side by side.
import { useStore } from "zustand";
import { findSymbol, type WatchedExchange } from "@/api/symbols";
import { LoadingNotice, Notice } from "@/components/Notice";
import { CELLS_OF_GRID, type Grid } from "@/features/workspace/workspace";
import { ChartCell } from "./ChartCell";
import { ChartMenu } from "./ChartMenu";
import { usePageState } from "./page-state";
import { workspace } from "./workspace";

const COLUMNS: Record<Grid, string> = {
  "1": "grid-cols-1 grid-rows-1",
  "2": "grid-cols-2 grid-rows-1 max-md:grid-cols-1 max-md:grid-rows-2",
  "2v": "grid-cols-1 grid-rows-2",
  "4": "grid-cols-2 grid-rows-2",
};

interface Props {
  readonly exchanges: readonly WatchedExchange[];
  readonly isLoading: boolean;
}

export function ChartGrid({ exchanges, isLoading }: Props) {
  const { grid, cells } = useStore(workspace);
  const menu = usePageState((state) => state.menu);
  const first = exchanges[0]?.symbols[0]?.id ?? null;
  const count = CELLS_OF_GRID[grid];
  return (
    <main className={`grid min-h-0 min-w-0 flex-1 gap-px bg-line ${COLUMNS[grid]}`}>
      {cells.slice(0, count).map((cell, index) => {
        const id = cell.symbol ?? first;
        const symbol = id === null ? null : findSymbol(exchanges, id);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place of the grid is its index
          <div key={index} className="relative grid min-h-0 min-w-0">
            {symbol === null ? (
              <NoChart isLoading={isLoading} symbolId={id} hasList={exchanges.length > 0} />
            ) : (
              <ChartCell
                index={index}
                cell={cell}
                symbol={symbol}
                exchanges={exchanges}
                isAlone={count === 1}
              />
            )}
            {menu?.cell === index && symbol !== null && <ChartMenu menu={menu} symbol={symbol} />}
          </div>
        );
      })}
    </main>
  );
}

interface NoChartProps {
  readonly isLoading: boolean;
  readonly symbolId: string | null;
  readonly hasList: boolean;
}

function NoChart({ isLoading, symbolId, hasList }: NoChartProps) {
  return (
    <div className="grid place-items-center bg-panel">
      {isLoading && <LoadingNotice title="Loading symbols…" />}
      {!isLoading && hasList && symbolId !== null && (
        <Notice title={`${symbolId} is not watched`} detail="Choose a symbol from the list." />
      )}
    </div>
  );
}
