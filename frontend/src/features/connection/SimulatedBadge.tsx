// Nobody may mistake a simulator's prices for a market's.

export function SimulatedBadge() {
  return (
    <strong
      data-testid="simulated-badge"
      title="These prices come from a simulator, not from an exchange."
      className="rounded border border-warn/60 bg-warn/15 px-2 py-0.5 font-medium text-warn-ink text-xs"
    >
      Simulated data
    </strong>
  );
}
