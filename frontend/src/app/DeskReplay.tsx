// The controls of the replay below the charts, loaded when the first one is started.
import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import type { WatchedSymbol } from "@/api/symbols";
import type { Cell } from "@/features/workspace/workspace";
import { zoneOf } from "@/lib/time-zone";
import { secondsOf } from "@/lib/timeframe";
import { replay, replaySpan } from "./replay";
import { workspace } from "./workspace";

const ReplayBar = lazy(async () => ({
  default: (await import("@/features/replay/ReplayBar")).ReplayBar,
}));

interface Props {
  readonly symbol: WatchedSymbol | null;
  readonly cell: Cell;
}

export function DeskReplay({ symbol, cell }: Props) {
  const isOn = useStore(replay, ({ until }) => until !== null);
  const zone = useStore(workspace, (state) => state.zone);
  if (!isOn || symbol === null) return null;
  return (
    <section aria-label="Bar replay">
      <Suspense>
        <ReplayBar
          store={replay}
          step={secondsOf(cell.timeframe)}
          zone={zoneOf(zone, symbol.id)}
          span={replaySpan}
        />
      </Suspense>
    </section>
  );
}
