// The dialogs of the desk, loaded when they are first opened.
import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import type { WatchedExchange } from "@/api/symbols";
import { DEFAULT_CELL } from "@/features/workspace/workspace";
import { actions } from "./actions";
import { openDialog, usePageState } from "./page-state";
import { workspace } from "./workspace";

const loadSearch = () => import("@/features/symbol-search/SymbolSearch");
const loadInterval = () => import("@/features/symbol-search/IntervalBox");
const SymbolSearch = lazy(async () => ({ default: (await loadSearch()).SymbolSearch }));
const IntervalBox = lazy(async () => ({ default: (await loadInterval()).IntervalBox }));
const IndicatorDialog = lazy(async () => ({
  default: (await import("@/features/indicators/IndicatorDialog")).IndicatorDialog,
}));
const AlertDialog = lazy(async () => ({
  default: (await import("@/features/alerts/AlertDialog")).AlertDialog,
}));
const HelpDialog = lazy(async () => ({
  default: (await import("@/features/help/HelpDialog")).HelpDialog,
}));

const close = () => openDialog(null);

/** Whoever types a symbol or an interval does not wait: these are here before they are asked for. */
const PRELOAD_MS = 2000;
const preload = () => Promise.all([loadSearch(), loadInterval()]);
// Where that fails, opening the dialog tries again and says so.
window.setTimeout(() => void preload().catch(() => undefined), PRELOAD_MS);

export function DeskDialogs({ exchanges }: { readonly exchanges: readonly WatchedExchange[] }) {
  const dialog = usePageState((state) => state.dialog);
  const { changeActive, cells, active } = useStore(workspace);
  const cell = cells[active] ?? DEFAULT_CELL;
  if (dialog === null) return null;
  return (
    <Suspense>
      {dialog.kind === "search" && (
        <SymbolSearch
          title="Find a symbol"
          exchanges={exchanges}
          typed={dialog.typed}
          onChoose={(symbol) => changeActive({ symbol, range: null })}
          onClose={close}
        />
      )}
      {dialog.kind === "compare" && (
        <SymbolSearch
          title="Compare with"
          exchanges={exchanges}
          typed=""
          onChoose={(id) =>
            changeActive({ compare: [...new Set([...cell.compare, id])].slice(0, 4) })
          }
          onClose={close}
        />
      )}
      {dialog.kind === "interval" && (
        <IntervalBox
          typed={dialog.typed}
          onChoose={(timeframe) => changeActive({ timeframe, range: null })}
          onClose={close}
        />
      )}
      {dialog.kind === "indicators" && (
        <IndicatorDialog
          chosen={cell.indicators}
          onChange={(indicators) => changeActive({ indicators })}
          onClose={close}
        />
      )}
      {dialog.kind === "alert" && (
        <AlertDialog id={dialog.id} definition={dialog.definition} onClose={close} />
      )}
      {dialog.kind === "help" && <HelpDialog actions={actions} onClose={close} />}
    </Suspense>
  );
}
