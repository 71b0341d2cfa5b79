// One chart of the grid, with everything the desk knows about it.
import { useMemo } from "react";
import { useStore } from "zustand";
import { findSymbol, type WatchedExchange, type WatchedSymbol } from "@/api/symbols";
import { ChartPanel } from "@/features/chart/ChartPanel";
import { useGapSpans } from "@/features/truth/use-gap-spans";
import type { Cell } from "@/features/workspace/workspace";
import { zoneOf } from "@/lib/time-zone";
import { pickBar } from "./bar-picking";
import { CompareChips } from "./CompareChips";
import { chartStoreOf } from "./chart-stores";
import { usePageState } from "./page-state";
import { replay } from "./replay";
import { useLines } from "./use-lines";
import { chartSync, workspace } from "./workspace";

interface Props {
  readonly index: number;
  readonly cell: Cell;
  readonly symbol: WatchedSymbol;
  readonly exchanges: readonly WatchedExchange[];
  readonly isAlone: boolean;
}

export function ChartCell({ index, cell, symbol, exchanges, isAlone }: Props) {
  const { active, activate, changeCell, zone, isTruthShown, sync } = useStore(workspace);
  const { crosshair, range } = sync;
  const compared = useCompared(exchanges, cell.compare);
  const { lines, moveLine } = useLines(symbol);
  const replayUntil = useStore(replay, ({ until }) => until);
  const gaps = useGapSpans(symbol.id, replayUntil);
  const syncing = useMemo(
    () => ({ bus: chartSync, crosshair: crosshair && !isAlone, range: range && !isAlone }),
    [crosshair, range, isAlone],
  );
  const isActive = active === index && !isAlone;
  return (
    <div
      data-cell={index}
      data-active={isActive}
      onPointerDownCapture={() => active !== index && activate(index)}
      onFocusCapture={() => active !== index && activate(index)}
      className="relative flex min-h-0 min-w-0 flex-col bg-panel outline-focus data-[active=true]:z-10 data-[active=true]:outline-1"
    >
      {!isAlone && (
        <p className="border-line border-b px-2.5 py-1 text-xs">
          <span className="font-medium">{symbol.symbol}</span>{" "}
          <span className="text-muted">
            {symbol.exchange} · {cell.timeframe}
          </span>
        </p>
      )}
      <CompareChips
        compared={compared}
        onRemove={(id) =>
          changeCell(index, { compare: cell.compare.filter((each) => each !== id) })
        }
      />
      <ChartPanel
        id={`cell-${index}`}
        instrument={symbol}
        compared={compared}
        view={cell}
        paneShares={cell.paneShares}
        zone={zoneOf(zone, symbol.id)}
        isTruthShown={isTruthShown}
        gaps={gaps}
        lines={lines}
        replayUntil={replayUntil}
        sync={syncing}
        store={chartStoreOf(index)}
        onView={(change) => changeCell(index, change)}
        onPaneShares={(paneShares) => changeCell(index, { paneShares })}
        onMoveLine={moveLine}
        onMenu={(place) => usePageState.setState({ menu: { ...place, cell: index } })}
        onPick={(bar) => pickBar({ symbol: symbol.id, timeframe: cell.timeframe, bar })}
      />
    </div>
  );
}

function useCompared(exchanges: readonly WatchedExchange[], ids: readonly string[]) {
  // The list of symbols is fetched again and again; the charts must not start anew each time.
  const key = ids.filter((id) => findSymbol(exchanges, id) !== null).join(",");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the list
  return useMemo(
    () => (key === "" ? [] : key.split(",").flatMap((id) => findSymbol(exchanges, id) ?? [])),
    [key],
  );
}
