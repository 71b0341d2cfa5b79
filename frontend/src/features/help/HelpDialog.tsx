// Everything the keyboard can do, from the same list that listens to it.
import { Dialog } from "@/components/Dialog";
import type { Action } from "@/lib/actions";

const GROUPS = ["Symbol and interval", "View", "Tools", "Page"] as const;

const NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "Space",
};

interface Props {
  readonly actions: readonly Action[];
  readonly onClose: () => void;
}

export function HelpDialog({ actions, onClose }: Props) {
  return (
    <Dialog title="Keyboard" onClose={onClose} width="40rem">
      <div className="grid gap-x-10 p-4 sm:grid-cols-2">
        {GROUPS.map((group) => (
          <section key={group} className="pb-4">
            <h3 className="pb-1 font-medium text-muted text-xs">{group}</h3>
            <dl className="text-sm">
              {group === "Symbol and interval" && (
                <>
                  <Line title="Search a symbol" keys="any letter" />
                  <Line title="Change the interval" keys="any digit" />
                </>
              )}
              {actions
                .filter((action) => action.group === group)
                .map(({ id, title, keys }) => (
                  <Line key={id} title={title} keys={spelled(keys[0] ?? "")} />
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function Line({ title, keys }: { readonly title: string; readonly keys: string }) {
  return (
    <div className="flex justify-between gap-4 border-line/60 border-b py-1">
      <dt>{title}</dt>
      <dd>
        <kbd className="rounded border border-line bg-canvas px-1.5 text-muted text-xs">{keys}</kbd>
      </dd>
    </div>
  );
}

/** "Alt+l" as it is printed on the keys: "Alt L". */
function spelled(keys: string): string {
  return keys
    .split(/\+(?=.)/)
    .map((key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(" ");
}
