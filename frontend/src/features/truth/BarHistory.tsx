// Every version of one bar: what it said, and from when to when that was known.
import { useInfiniteQuery } from "@tanstack/react-query";
import { LoadingNotice, ProblemNotice } from "@/components/Notice";
import { formatCount, type NumberFormatter } from "@/lib/format";
import { formatZonedSeconds } from "@/lib/time-zone";
import type { Timeframe } from "@/lib/timeframe";
import { verdictColor, verdictStory, verdictWords } from "@/lib/verdict-words";
import { type Version, versionsQuery } from "./truth-api";

interface Props {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly time: number;
  readonly zone: string;
  readonly formatPrice: NumberFormatter;
  readonly formatSize: NumberFormatter;
}

export function BarHistory({ symbol, timeframe, time, ...formats }: Props) {
  const query = useInfiniteQuery(versionsQuery(symbol, timeframe, time));
  const versions = query.data?.pages.flatMap(({ rows }) => rows) ?? [];
  if (query.isPending) return <LoadingNotice title="Loading versions…" />;
  if (query.isError) {
    return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (versions.length === 0) {
    return <p className="text-muted text-xs">This bar is not closed yet: it has no versions.</p>;
  }
  return (
    <ol data-testid="bar-history" className="flex flex-col gap-2">
      {versions.map((version) => (
        <VersionItem key={version.bar.revision} version={version} {...formats} />
      ))}
    </ol>
  );
}

type ItemProps = { readonly version: Version } & Pick<Props, "zone" | "formatPrice" | "formatSize">;

function VersionItem({ version, zone, formatPrice, formatSize }: ItemProps) {
  const { bar, knownAt, replacedAt } = version;
  const prices = [bar.open, bar.high, bar.low, bar.close].map(formatPrice).join(" · ");
  return (
    <li data-revision={bar.revision} className="rounded border border-line p-2 text-xs">
      <p className="flex justify-between gap-2">
        <span className={`font-medium ${verdictColor(bar.verdict)}`}>{verdictWords(bar)}</span>
        <span className="text-muted">revision {bar.revision}</span>
      </p>
      <p className="mt-1 tabular-nums">
        <span className="text-muted">O H L C </span>
        {prices}
      </p>
      <p className="tabular-nums">
        <span className="text-muted">volume </span>
        {formatSize(bar.volume)}
        <span className="text-muted">, trades </span>
        {formatCount(bar.trades)}
      </p>
      {replacedAt === null && <p className="mt-1 text-muted">{verdictStory(bar)}</p>}
      <p className="mt-1 text-muted tabular-nums">
        known {knownAt === null ? "" : formatZonedSeconds(zone, knownAt)}
        {replacedAt === null ? " until now" : ` to ${formatZonedSeconds(zone, replacedAt)}`}
      </p>
    </li>
  );
}
