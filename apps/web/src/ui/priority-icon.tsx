/** Bars for low to high, a filled square for urgent. Decorative. */
export function PriorityIcon({ priority }: { readonly priority: number }) {
  if (priority === 4) {
    return (
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" style={{ flex: 'none' }}>
        <rect x="1" y="1" width="12" height="12" rx="3" fill="#e5683c" />
        <path d="M7 3.6v4" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" />
        <circle cx="7" cy="10.2" r="1" fill="#fff" />
      </svg>
    );
  }
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" style={{ flex: 'none' }}>
      {[1, 2, 3].map((level) => (
        <rect
          key={level}
          x={1.5 + (level - 1) * 4}
          y={priority === 0 ? 6.25 : 10 - level * 2.5}
          width="2.6"
          height={priority === 0 ? 1.5 : 2 + level * 2.5}
          rx="0.8"
          fill="currentColor"
          opacity={priority >= level ? 0.85 : priority === 0 ? 0.45 : 0.22}
        />
      ))}
    </svg>
  );
}
