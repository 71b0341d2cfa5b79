// A button that opens a small panel below it; a click elsewhere or Escape closes it.
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

interface Props {
  readonly label: ReactNode;
  readonly name: string;
  readonly children: (close: () => void) => ReactNode;
  readonly align?: "left" | "right";
  readonly isPressed?: boolean;
}

export function Menu({ label, name, children, align = "right", isPressed }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const stop = new AbortController();
    const away = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setIsOpen(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setIsOpen(false);
      button.current?.focus();
    };
    document.addEventListener("pointerdown", away, { signal: stop.signal });
    document.addEventListener("keydown", onEscape, { signal: stop.signal });
    return () => stop.abort();
  }, [isOpen]);
  return (
    <div ref={box} className="relative">
      <button
        ref={button}
        type="button"
        className="button"
        aria-label={name}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-pressed={isPressed}
        onClick={() => setIsOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div
          id={id}
          className={`absolute top-full z-40 mt-1 max-h-[75vh] min-w-52 overflow-y-auto rounded-md border border-line bg-panel p-1.5 text-xs shadow-xl ${align === "right" ? "right-0" : "left-0"}`}
        >
          {children(() => setIsOpen(false))}
        </div>
      )}
    </div>
  );
}

interface ItemProps {
  readonly onPress: () => void;
  readonly children: ReactNode;
  readonly hint?: string;
}

export function MenuItem({ onPress, children, hint }: ItemProps) {
  return (
    <button
      type="button"
      onClick={onPress}
      className="flex w-full items-center justify-between gap-4 rounded px-2 py-1.5 text-left hover:bg-hover"
    >
      <span>{children}</span>
      {hint !== undefined && <kbd className="text-muted">{hint}</kbd>}
    </button>
  );
}

export function MenuHeading({ children }: { readonly children: ReactNode }) {
  return <p className="px-2 pt-2 pb-1 font-medium text-[11px] text-muted">{children}</p>;
}

interface ChoiceProps {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly chosen: string;
  readonly onChoose: (value: string) => void;
}

/** One of a few, as buttons side by side. */
export function MenuChoice({ legend, options, chosen, onChoose, name }: ChoiceProps) {
  return (
    <fieldset className="px-2 py-1" data-choice={name}>
      <legend className="pt-1 pb-1.5 font-medium text-[11px] text-muted">{legend}</legend>
      <div className="flex gap-1">
        {options.map(({ value, label }) => (
          <button
            key={value}
            type="button"
            data-value={value}
            className="button"
            aria-pressed={value === chosen}
            onClick={() => onChoose(value)}
          >
            {label}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

interface CheckProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function MenuCheck({ label, isOn, onChange }: CheckProps) {
  return (
    <label className="flex items-center gap-2 rounded px-2 py-1.5 hover:bg-hover">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
