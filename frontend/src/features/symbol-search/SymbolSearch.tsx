// Finding a symbol by typing: grouped by exchange, with how fresh and how good its data is.
import { type KeyboardEvent, useMemo, useState } from "react";
import { filterExchanges, type WatchedExchange, type WatchedSymbol } from "@/api/symbols";
import { Dialog } from "@/components/Dialog";
import { Notice } from "@/components/Notice";
import { ToneDot } from "@/components/StatusPill";

interface Props {
  readonly title: string;
  readonly exchanges: readonly WatchedExchange[];
  /** What was typed before the dialog was open. */
  readonly typed: string;
  readonly onChoose: (symbolId: string) => void;
  readonly onClose: () => void;
}

export function SymbolSearch({ title, exchanges, typed, onChoose, onClose }: Props) {
  const [text, setText] = useState(typed);
  const [index, setIndex] = useState(0);
  const groups = useMemo(() => filterExchanges(exchanges, text), [exchanges, text]);
  const flat = useMemo(() => groups.flatMap(({ symbols }) => symbols), [groups]);
  const chosen = flat[Math.min(index, flat.length - 1)];
  const choose = (id: string) => {
    onChoose(id);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && chosen !== undefined) choose(chosen.id);
    if (step === undefined) return;
    event.preventDefault();
    setIndex(Math.max(0, Math.min(flat.length - 1, index + step)));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <input
        data-autofocus
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="symbol-results"
        aria-activedescendant={chosen === undefined ? undefined : `result-${chosen.id}`}
        aria-label="Symbol"
        value={text}
        placeholder="Type a symbol"
        onChange={(event) => {
          setText(event.target.value);
          setIndex(0);
        }}
        onKeyDown={onKeyDown}
        className="sticky top-0 z-10 h-11 w-full border-line border-b bg-panel px-4 text-sm uppercase outline-none placeholder:normal-case"
      />
      <div id="symbol-results" role="listbox" aria-label="Symbols" className="pb-2">
        {groups.map(({ exchange, symbols }) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options in a list box
          <div key={exchange} role="group" aria-label={exchange}>
            <p className="px-4 pt-3 pb-1 font-medium text-[11px] text-muted">{exchange}</p>
            {symbols.map((symbol) => (
              <Result
                key={symbol.id}
                symbol={symbol}
                isChosen={symbol.id === chosen?.id}
                onChoose={() => choose(symbol.id)}
              />
            ))}
          </div>
        ))}
      </div>
      {flat.length === 0 && <Notice title={`No symbol matches “${text}”`} />}
    </Dialog>
  );
}

interface ResultProps {
  readonly symbol: WatchedSymbol;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Result({ symbol, isChosen, onChoose }: ResultProps) {
  const { fresh, qualityScore } = symbol;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
    <div
      id={`result-${symbol.id}`}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      data-result={symbol.id}
      onClick={onChoose}
      className="flex cursor-pointer items-center gap-2 px-4 py-1.5 text-sm hover:bg-hover aria-selected:bg-chosen"
    >
      <ToneDot tone={fresh === null ? "quiet" : fresh ? "good" : "warn"} />
      <span className="flex-1">{symbol.symbol}</span>
      <span className="text-muted text-xs">
        {fresh === false && "stale "}
        {qualityScore !== null && `quality ${(qualityScore * 100).toFixed(1)}%`}
      </span>
    </div>
  );
}
