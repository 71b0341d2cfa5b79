// A list whose further pages are fetched when asked for.
import type { ReactNode } from "react";
import { LoadingNotice, ProblemNotice } from "@/components/Notice";

interface Pages<Row> {
  readonly data: { readonly pages: readonly { readonly rows: readonly Row[] }[] } | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): Promise<unknown>;
  refetch(): Promise<unknown>;
}

interface Props<Row> {
  readonly pages: Pages<Row>;
  readonly empty: string;
  readonly testId: string;
  readonly children: (row: Row) => ReactNode;
}

export function PagedList<Row>({ pages, empty, testId, children }: Props<Row>) {
  const rows = pages.data?.pages.flatMap((page) => page.rows);
  if (pages.isPending) return <LoadingNotice title="Loading…" />;
  if (rows === undefined) {
    return <ProblemNotice error={pages.error} onRetry={() => void pages.refetch()} />;
  }
  if (rows.length === 0) return <p className="text-muted text-xs">{empty}</p>;
  return (
    <>
      <ul data-testid={testId} className="flex flex-col">
        {rows.map(children)}
      </ul>
      {pages.hasNextPage && (
        <button
          type="button"
          className="button mt-2"
          disabled={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          More
        </button>
      )}
    </>
  );
}
