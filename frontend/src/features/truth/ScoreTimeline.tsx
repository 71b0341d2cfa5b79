// The quality score over time: one column a stretch, low where little can be trusted.
import { formatCount } from "@/lib/format";
import { formatZoned } from "@/lib/time-zone";
import type { Quality, Stretch } from "./truth-api";

const HEIGHT = 48;

interface Props {
  readonly quality: Quality;
  readonly zone: string;
  readonly onShow: (time: number) => void;
}

export function ScoreTimeline({ quality, zone, onShow }: Props) {
  const { score, timeline } = quality;
  const worst = worstOf(timeline);
  const checked = timeline.reduce((sum, stretch) => sum + stretch.checked, 0);
  const failures = failuresOf(timeline);
  return (
    <div data-testid="score-timeline">
      <p className="flex items-baseline gap-2 text-xs">
        <span className="font-semibold text-xl tabular-nums">{formatScore(score)}</span>
        <span className="text-muted">quality score of the last hour</span>
      </p>
      {timeline.length > 0 && (
        <svg
          role="img"
          aria-label={spoken(timeline, worst, zone)}
          viewBox={`0 0 ${timeline.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="mt-2 h-12 w-full rounded bg-canvas"
        >
          {timeline.map((stretch, index) => (
            <rect
              key={stretch.time}
              x={index}
              width={0.85}
              y={HEIGHT * (1 - stretch.score)}
              height={Math.max(1, HEIGHT * stretch.score)}
              className={colorOf(stretch)}
            >
              <title>{`${formatZoned(zone, stretch.time)}: ${formatScore(stretch.score)}`}</title>
            </rect>
          ))}
        </svg>
      )}
      <p className="mt-1.5 text-muted text-xs">
        {formatCount(checked)} trades checked{failures === "" ? ", none failed" : `: ${failures}`}.
      </p>
      {worst !== null && (
        <button
          type="button"
          className="mt-1 text-left text-focus text-xs hover:underline"
          onClick={() => onShow(worst.time)}
        >
          Lowest {formatScore(worst.lowest)} at {formatZoned(zone, worst.time)}
        </button>
      )}
    </div>
  );
}

export function formatScore(score: number | null): string {
  if (score === null) return "unknown";
  // 99.96 % is not whole: only what has no fault at all may be called 100 %.
  return score === 1 ? "100%" : `${Math.min(99.9, score * 100).toFixed(1)}%`;
}

/** The lowest stretch, the latest of equals; null where nothing was wrong. */
function worstOf(timeline: readonly Stretch[]): Stretch | null {
  const faulty = timeline.filter(({ lowest }) => lowest < 1);
  return faulty.reduce<Stretch | null>(
    (worst, each) => (worst === null || each.lowest <= worst.lowest ? each : worst),
    null,
  );
}

function failuresOf(timeline: readonly Stretch[]): string {
  const sums = new Map<string, number>();
  for (const { failed } of timeline) {
    for (const [check, count] of Object.entries(failed)) {
      sums.set(check, (sums.get(check) ?? 0) + count);
    }
  }
  return [...sums]
    .filter(([, count]) => count > 0)
    .map(([check, count]) => `${formatCount(count)} failed the ${check} check`)
    .join(", ");
}

function colorOf({ score }: Stretch): string {
  if (score === 1) return "fill-good";
  return score >= 0.9 ? "fill-warn" : "fill-bad";
}

function spoken(timeline: readonly Stretch[], worst: Stretch | null, zone: string): string {
  const since = formatZoned(zone, timeline[0]?.time ?? 0);
  const lowest =
    worst === null
      ? "100% throughout"
      : `lowest ${formatScore(worst.lowest)} at ${formatZoned(zone, worst.time)}`;
  return `Quality score since ${since}: ${lowest}`;
}
