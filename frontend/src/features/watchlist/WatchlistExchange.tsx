// One exchange of the watch list and its symbols.

import type { WatchedExchange, WatchedSymbol } from "@/api/symbols";
import { ToneDot } from "@/components/StatusPill";

interface Props {
  readonly exchange: WatchedExchange;
  readonly chosen: string | null;
  readonly onChoose: (symbolId: string) => void;
}

export function WatchlistExchange({ exchange, chosen, onChoose }: Props) {
  const headingId = `exchange-${exchange.exchange}`;
  return (
    <section aria-labelledby={headingId}>
      <div className="sticky top-0 flex items-baseline justify-between bg-panel px-3 pt-3 pb-1">
        <h2 id={headingId} className="font-medium text-[11px] text-muted">
          {exchange.exchange}
        </h2>
        <span className="text-[11px] text-muted">{marketWords(exchange)}</span>
      </div>
      <ul>
        {exchange.symbols.map((symbol) => (
          <li key={symbol.id}>
            <SymbolButton symbol={symbol} isChosen={symbol.id === chosen} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SymbolButtonProps {
  readonly symbol: WatchedSymbol;
  readonly isChosen: boolean;
  readonly onChoose: (symbolId: string) => void;
}

function SymbolButton({ symbol, isChosen, onChoose }: SymbolButtonProps) {
  return (
    <button
      type="button"
      data-symbol={symbol.id}
      aria-current={isChosen ? "true" : undefined}
      onClick={() => onChoose(symbol.id)}
      className="flex h-7 w-full items-center gap-2 px-3 text-left text-[13px] hover:bg-hover aria-[current=true]:bg-chosen aria-[current=true]:font-medium"
    >
      <Freshness fresh={symbol.fresh} />
      <span className="min-w-0 flex-1 truncate">{symbol.symbol}</span>
      {symbol.qualityScore !== null && (
        <span className="text-[11px] text-muted tabular-nums" title="Quality score">
          <span className="sr-only">quality </span>
          {formatQuality(symbol.qualityScore)}
        </span>
      )}
    </button>
  );
}

function Freshness({ fresh }: { readonly fresh: boolean | null }) {
  const words = fresh === null ? "freshness unknown" : fresh ? "fresh" : "stale";
  return (
    <span title={words} className="flex items-center">
      <ToneDot tone={fresh === null ? "quiet" : fresh ? "good" : "warn"} />
      <span className="sr-only">{words}</span>
    </span>
  );
}

function formatQuality(score: number): string {
  return `${(score * 100).toFixed(score === 1 ? 0 : 1)}%`;
}

function marketWords({ marketOpen, simulated }: WatchedExchange): string {
  const words = simulated ? ["simulated"] : [];
  if (marketOpen !== null) words.push(marketOpen ? "open" : "closed");
  return words.join(" · ");
}
