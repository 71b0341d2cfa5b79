// Which indicators the chart shows.
import { Dialog } from "@/components/Dialog";
import { INDICATORS } from "@/lib/indicator-catalog";

const GROUPS = ["Panes", "Moving averages", "Bands"] as const;

interface Props {
  readonly chosen: readonly string[];
  readonly onChange: (indicators: readonly string[]) => void;
  readonly onClose: () => void;
}

export function IndicatorDialog({ chosen, onChange, onClose }: Props) {
  const toggle = (id: string) => {
    onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  };
  return (
    <Dialog title="Indicators" onClose={onClose} width="34rem">
      <div className="grid gap-x-6 p-4 sm:grid-cols-3">
        {GROUPS.map((group) => (
          <fieldset key={group} className="pb-3">
            <legend className="pb-1.5 font-medium text-muted text-xs">{group}</legend>
            {INDICATORS.filter((indicator) => indicator.group === group).map(
              ({ id, title, plots }) => (
                <label
                  key={id}
                  className="flex items-center gap-2 rounded px-1 py-1 text-sm hover:bg-hover"
                >
                  <input
                    type="checkbox"
                    data-indicator-choice={id}
                    checked={chosen.includes(id)}
                    onChange={() => toggle(id)}
                  />
                  <span
                    aria-hidden="true"
                    className="size-2 rounded-full"
                    style={{ background: `var(--color-plot-${plots[0]?.color ?? "one"})` }}
                  />
                  {title}
                </label>
              ),
            )}
          </fieldset>
        ))}
      </div>
    </Dialog>
  );
}
