// A dialog of the page: the browser's own element, which keeps the focus inside and closes on Escape.
import { type ReactNode, useEffect, useRef } from "react";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly width?: string;
}

export function Dialog({ title, onClose, children, width = "28rem" }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
    const field = dialog.current?.querySelector<HTMLInputElement>("[data-autofocus]");
    field?.focus();
    // What was typed to open the dialog is gone on with, not replaced.
    field?.setSelectionRange(field.value.length, field.value.length);
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is on the backdrop
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      style={{ width: `min(${width}, calc(100vw - 1.5rem))` }}
      className="m-auto max-h-[calc(100dvh-3rem)] rounded-lg border border-line bg-panel p-0 text-ink shadow-2xl backdrop:bg-black/40 sm:mt-[10vh]"
    >
      <div className="flex max-h-[calc(100dvh-3rem)] flex-col sm:max-h-[80vh]">
        <header className="flex items-center justify-between gap-4 border-line border-b px-4 py-2.5">
          <h2 className="font-medium text-sm">{title}</h2>
          <button
            type="button"
            aria-label="Esc: close"
            className="button"
            onClick={() => dialog.current?.close()}
          >
            Esc
          </button>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
      </div>
    </dialog>
  );
}
