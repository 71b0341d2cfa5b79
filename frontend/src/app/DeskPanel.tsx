// The panel beside the charts, loaded when it is first opened. It tells about the active chart.
import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import { findSymbol, type WatchedExchange, type WatchedSymbol } from "@/api/symbols";
import { definitionOf } from "@/features/alerts/alerts-api";
import type { Cell } from "@/features/workspace/workspace";
import { priceFormatter } from "@/lib/format";
import { zoneOf } from "@/lib/time-zone";
import { secondsOf } from "@/lib/timeframe";
import { draftAlert } from "./alert-drafts";
import { chartStoreOf } from "./chart-stores";
import { openDialog, togglePanel, usePageState } from "./page-state";
import { workspace } from "./workspace";

const AlertPanel = lazy(async () => ({
  default: (await import("@/features/alerts/AlertPanel")).AlertPanel,
}));
const TruthPanel = lazy(async () => ({
  default: (await import("@/features/truth/TruthPanel")).TruthPanel,
}));

/** Bars on either side of a time that is brought into view. */
const BARS_AROUND = 40;

interface Props {
  readonly symbol: WatchedSymbol;
  readonly cell: Cell;
  readonly exchanges: readonly WatchedExchange[];
}

export function DeskPanel({ symbol, cell, exchanges }: Props) {
  const panel = usePageState((state) => state.panel);
  const picked = usePageState((state) => state.picked);
  const { zone, active } = useStore(workspace);
  if (panel === null) return null;
  const { id, priceStep, sizeStep } = symbol;
  const { timeframe } = cell;
  const isHere = picked?.symbol === id && picked.timeframe === timeframe;
  const show = (time: number) => {
    const around = BARS_AROUND * secondsOf(timeframe);
    chartStoreOf(active)
      .getState()
      .handle?.show({ from: time - around, to: time + around });
  };
  if (panel === "alerts") {
    return (
      <Suspense>
        <AlertPanel
          zone={zoneOf(zone, id)}
          priceFormatterOf={(name) =>
            priceFormatter(findSymbol(exchanges, name)?.priceStep ?? null)
          }
          onNew={() => openDialog({ kind: "alert", id: null, definition: draftAlert(id, null) })}
          onEdit={(alert) =>
            openDialog({ kind: "alert", id: alert.id, definition: definitionOf(alert) })
          }
          onClose={() => togglePanel("alerts")}
        />
      </Suspense>
    );
  }
  return (
    <Suspense>
      <TruthPanel
        symbol={id}
        timeframe={timeframe}
        priceStep={priceStep}
        sizeStep={sizeStep}
        zone={zoneOf(zone, id)}
        pickedTime={isHere ? picked.time : null}
        onPick={(time) => usePageState.setState({ picked: { symbol: id, timeframe, time } })}
        onShow={show}
        onClose={() => togglePanel("truth")}
      />
    </Suspense>
  );
}
