// Choosing an interval by typing it: 5, 15m, 1h, 240, D.
import { type FormEvent, useState } from "react";
import { Dialog } from "@/components/Dialog";
import { spokenTimeframe, TIMEFRAMES, type Timeframe, timeframeOfTyping } from "@/lib/timeframe";

interface Props {
  readonly typed: string;
  readonly onChoose: (timeframe: Timeframe) => void;
  readonly onClose: () => void;
}

export function IntervalBox({ typed, onChoose, onClose }: Props) {
  const [text, setText] = useState(typed);
  const timeframe = timeframeOfTyping(text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (timeframe === null) return;
    onChoose(timeframe);
    onClose();
  };
  return (
    <Dialog title="Change interval" onClose={onClose} width="18rem">
      <form onSubmit={submit} className="p-4 text-center">
        <input
          data-autofocus
          aria-label="Interval"
          aria-describedby="interval-words"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-11 w-full rounded border border-line bg-canvas text-center text-lg"
        />
        <p id="interval-words" role="status" className="pt-2 text-muted text-xs">
          {timeframe === null
            ? `There are ${TIMEFRAMES.join(", ")}.`
            : `${spokenTimeframe(timeframe)}: press Enter.`}
        </p>
      </form>
    </Dialog>
  );
}
