// The timeframes side by side, as every chart has them.
import { spokenTimeframe, TIMEFRAMES, type Timeframe } from "@/lib/timeframe";

interface Props {
  readonly available: readonly Timeframe[];
  readonly chosen: Timeframe;
  readonly onChoose: (timeframe: Timeframe) => void;
}

export function TimeframeSwitch({ available, chosen, onChoose }: Props) {
  return (
    <fieldset className="flex gap-0.5">
      <legend className="sr-only">Timeframe</legend>
      {TIMEFRAMES.map((timeframe) => (
        <button
          key={timeframe}
          type="button"
          data-timeframe={timeframe}
          aria-label={`${timeframe}, ${spokenTimeframe(timeframe)}`}
          aria-pressed={timeframe === chosen}
          disabled={!available.includes(timeframe)}
          onClick={() => onChoose(timeframe)}
          className="h-7 min-w-8 rounded px-1.5 text-muted text-xs tabular-nums hover:bg-hover hover:text-ink disabled:opacity-40 aria-pressed:bg-chosen aria-pressed:font-medium aria-pressed:text-ink"
        >
          {timeframe}
        </button>
      ))}
    </fieldset>
  );
}
