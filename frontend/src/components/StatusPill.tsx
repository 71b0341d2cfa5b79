// A coloured dot with words: colour alone says nothing to many people.
import type { ReactNode } from "react";

export type Tone = "good" | "warn" | "bad" | "quiet";

const DOT: Record<Tone, string> = {
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
  quiet: "bg-muted",
};

export function ToneDot({ tone }: { readonly tone: Tone }) {
  return <span aria-hidden="true" className={`size-1.5 shrink-0 rounded-full ${DOT[tone]}`} />;
}

interface Props {
  readonly tone: Tone;
  readonly testId: string;
  readonly label: string;
  readonly children: ReactNode;
}

export function StatusPill({ tone, testId, label, children }: Props) {
  return (
    <span
      data-testid={testId}
      className="flex items-center gap-1.5 whitespace-nowrap text-xs tabular-nums"
    >
      <ToneDot tone={tone} />
      <span className="sr-only">{label}: </span>
      {children}
    </span>
  );
}
