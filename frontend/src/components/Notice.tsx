// Loading, empty and error states, which must look like the same product everywhere.
import type { ReactNode } from "react";
import { describeProblem } from "@/api/problem";

interface NoticeProps {
  readonly title: string;
  readonly detail?: string | null;
  readonly children?: ReactNode;
}

export function Notice({ title, detail, children }: NoticeProps) {
  return (
    <div className="flex flex-col items-center gap-1 p-4 text-center">
      <p className="font-medium text-ink text-sm">{title}</p>
      {detail != null && <p className="max-w-sm text-muted text-xs leading-relaxed">{detail}</p>}
      {children}
    </div>
  );
}

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry: () => void;
}

export function ProblemNotice({ error, onRetry }: ProblemProps) {
  const { title, detail } = describeProblem(error);
  return (
    <div role="alert">
      <Notice title={title} detail={detail}>
        <button type="button" className="button mt-2" onClick={onRetry}>
          Try again
        </button>
      </Notice>
    </div>
  );
}

export function LoadingNotice({ title }: { readonly title: string }) {
  return (
    <div
      role="status"
      className="appear-late flex items-center justify-center gap-2.5 p-4 text-muted text-sm"
    >
      <span aria-hidden="true" className="loading-bars">
        <i />
        <i />
        <i />
      </span>
      {title}
    </div>
  );
}
