// What a visitor without a session sees: where the login link is, and why the last one did not do.
import { BrandMark } from "@/components/BrandMark";
import type { SessionStatus } from "./session-store";

interface Props {
  readonly status: Exclude<SessionStatus, "signed-in">;
  readonly reason: string | null;
}

export function SignInScreen({ status, reason }: Props) {
  return (
    <main className="grid min-h-dvh place-items-center bg-canvas p-6 text-ink">
      <section className="w-full max-w-md rounded-lg border border-line bg-panel p-7">
        <div className="flex items-center gap-2.5">
          <BrandMark />
          <h1 className="text-base font-semibold tracking-tight">Tickloom</h1>
        </div>
        {status === "signing-in" ? (
          <p role="status" className="mt-5 text-sm text-muted">
            Signing in…
          </p>
        ) : (
          <Instructions reason={reason} />
        )}
      </section>
    </main>
  );
}

function Instructions({ reason }: { readonly reason: string | null }) {
  return (
    <>
      {reason !== null && (
        <p role="alert" className="mt-5 border-warn border-l-2 pl-3 text-sm">
          {reason}
        </p>
      )}
      <h2 className="mt-5 font-medium text-sm">Open the login link</h2>
      <p className="mt-1.5 text-muted text-sm leading-relaxed">
        Tickloom prints a one-time link when it starts. Open it in this browser to sign in; start it
        again for a new one.
      </p>
      <pre className="mt-4 overflow-x-auto rounded border border-line bg-canvas px-3 py-2.5 font-mono text-xs leading-6">
        <span className="text-muted">$ </span>tickloom up
        {"\n"}
        <span className="text-muted">{`${window.location.origin}/#login=…`}</span>
      </pre>
    </>
  );
}
