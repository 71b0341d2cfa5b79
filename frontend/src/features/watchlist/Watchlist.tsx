// The list on the left: every watched symbol by exchange, with how fresh and how good its data is.
import { useState } from "react";
import { filterExchanges, type WatchedExchange } from "@/api/symbols";
import { LoadingNotice, Notice, ProblemNotice } from "@/components/Notice";
import { WatchlistExchange } from "./WatchlistExchange";

interface Props {
  readonly exchanges: readonly WatchedExchange[] | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly chosen: string | null;
  readonly onChoose: (symbolId: string) => void;
}

export function Watchlist({ exchanges, error, onRetry, chosen, onChoose }: Props) {
  const [filter, setFilter] = useState("");
  if (exchanges === undefined) {
    return error ? (
      <ProblemNotice error={error} onRetry={onRetry} />
    ) : (
      <LoadingNotice title="Loading symbols…" />
    );
  }
  if (exchanges.every(({ symbols }) => symbols.length === 0)) {
    return (
      <Notice title="No symbols yet" detail="Apply one: tickloom symbols apply -f symbols.yaml" />
    );
  }
  const shown = filterExchanges(exchanges, filter);
  return (
    <div className="flex h-full flex-col">
      <div className="border-line border-b p-2">
        <input
          type="search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          placeholder="Filter symbols"
          aria-label="Filter symbols"
          className="h-7 w-full rounded border border-line bg-canvas px-2 text-xs placeholder:text-muted"
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto pb-3">
        {shown.map((exchange) => (
          <WatchlistExchange
            key={exchange.exchange}
            exchange={exchange}
            chosen={chosen}
            onChoose={onChoose}
          />
        ))}
        {shown.length === 0 && <Notice title={`Nothing matches “${filter}”`} />}
      </div>
    </div>
  );
}
