// The mark of the product: one thread woven through three ticks.

export function BrandMark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className="size-5 shrink-0" fill="none">
      <path d="M6 3v18M18 3v18" stroke="var(--color-muted)" strokeWidth="2" strokeLinecap="round" />
      <path d="M12 3v18" stroke="var(--color-rise)" strokeWidth="2" strokeLinecap="round" />
      <path
        d="M2.5 16c4.5 0 5-8 9.5-8s5 8 9.5 8"
        stroke="var(--color-accent)"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  );
}
