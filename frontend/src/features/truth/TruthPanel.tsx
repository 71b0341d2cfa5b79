// How far this market can be trusted, and what happened to it: scores, the picked bar, gaps, revisions.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { LoadingNotice, ProblemNotice } from "@/components/Notice";
import { priceFormatter, sizeFormatter } from "@/lib/format";
import { formatZoned } from "@/lib/time-zone";
import type { Timeframe } from "@/lib/timeframe";
import { verdictColor, verdictWords } from "@/lib/verdict-words";
import { BarHistory } from "./BarHistory";
import { gapStory } from "./gap-words";
import { PagedList } from "./PagedList";
import { ScoreTimeline } from "./ScoreTimeline";
import { gapsQuery, qualityQuery, versionsQuery } from "./truth-api";

interface Props {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly priceStep: number | null;
  readonly sizeStep: number | null;
  readonly zone: string;
  /** Open time of the bar whose versions are told. */
  readonly pickedTime: number | null;
  readonly onPick: (time: number) => void;
  /** Brings a time into view on the chart. */
  readonly onShow: (time: number) => void;
  readonly onClose: () => void;
}

export function TruthPanel(props: Props) {
  const { symbol, timeframe, priceStep, sizeStep, zone, pickedTime, onClose } = props;
  const formatPrice = useMemo(() => priceFormatter(priceStep), [priceStep]);
  const formatSize = useMemo(() => sizeFormatter(sizeStep), [sizeStep]);
  const formats = { zone, formatPrice, formatSize };
  return (
    <aside
      aria-label="Trust"
      data-testid="truth-panel"
      className="flex w-80 shrink-0 flex-col overflow-y-auto border-line border-l bg-panel max-md:absolute max-md:inset-y-0 max-md:right-0 max-md:z-30"
    >
      <header className="sticky top-0 flex items-center justify-between border-line border-b bg-panel px-3 py-2">
        <h2 className="font-medium text-sm">
          Trust <span className="text-muted text-xs">{`${symbol} ${timeframe}`}</span>
        </h2>
        <button type="button" className="button" aria-label="Close trust" onClick={onClose}>
          ×
        </button>
      </header>
      <Score {...props} />
      <Section title={pickedTime === null ? "Bar" : `Bar of ${formatZoned(zone, pickedTime)}`}>
        {pickedTime === null ? (
          <p className="text-muted text-xs">Click a bar, or choose a revised one below.</p>
        ) : (
          <BarHistory symbol={symbol} timeframe={timeframe} time={pickedTime} {...formats} />
        )}
      </Section>
      <Section title="Revised bars">
        <RevisedBars {...props} />
      </Section>
      <Section title="Gaps">
        <Gaps {...props} />
      </Section>
    </aside>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="border-line border-b px-3 py-2.5">
      <h3 className="pb-1.5 font-medium text-muted text-xs">{title}</h3>
      {children}
    </section>
  );
}

function Score({ symbol, timeframe, zone, onShow }: Props) {
  const { data, error, refetch } = useQuery(qualityQuery(symbol, timeframe));
  return (
    <Section title="Quality">
      {data !== undefined && <ScoreTimeline quality={data} zone={zone} onShow={onShow} />}
      {data === undefined && error === null && <LoadingNotice title="Loading…" />}
      {data === undefined && error !== null && (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      )}
    </Section>
  );
}

function RevisedBars({ symbol, timeframe, zone, onPick, onShow }: Props) {
  const versions = useInfiniteQuery(versionsQuery(symbol, timeframe, null));
  return (
    <PagedList pages={versions} testId="revised-bars" empty="No bar of this interval was revised.">
      {({ bar, replacedAt }) =>
        replacedAt === null && (
          <li key={bar.time}>
            <button
              type="button"
              className="flex w-full justify-between gap-2 rounded px-1 py-1 text-left text-xs tabular-nums hover:bg-hover"
              onClick={() => {
                onPick(bar.time);
                onShow(bar.time);
              }}
            >
              <span>{formatZoned(zone, bar.time)}</span>
              <span className={verdictColor(bar.verdict)}>
                {verdictWords(bar)} · {bar.revision}
              </span>
            </button>
          </li>
        )
      }
    </PagedList>
  );
}

function Gaps({ symbol, zone, onShow }: Props) {
  const gaps = useInfiniteQuery(gapsQuery(symbol));
  return (
    <PagedList pages={gaps} testId="gaps" empty="Nothing was missed.">
      {(gap) => (
        <li key={gap.number} data-state={gap.state}>
          <button
            type="button"
            className="w-full rounded px-1 py-1 text-left text-xs hover:bg-hover"
            onClick={() => onShow(gap.from)}
          >
            <span className="flex justify-between gap-2 tabular-nums">
              <span>{formatZoned(zone, gap.from)}</span>
              <span className={gap.state === "healed" ? "text-healed" : "text-bad"}>
                {gap.state}
              </span>
            </span>
            <span className="block text-muted leading-relaxed">{gapStory(gap)}</span>
          </button>
        </li>
      )}
    </PagedList>
  );
}
