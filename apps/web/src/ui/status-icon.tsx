import type { Task } from '@org/core';

const COLORS: Readonly<Record<Task['status'], string>> = {
  backlog: 'var(--app-faint)',
  todo: 'var(--app-dimmed)',
  in_progress: '#e0a100',
  in_review: '#3fa66b',
  done: '#5b5bd6',
  cancelled: 'var(--app-faint)',
};

/** How much of the ring is filled. */
const FILLED: Readonly<Record<Task['status'], number>> = {
  backlog: 0,
  todo: 0,
  in_progress: 0.5,
  in_review: 0.75,
  done: 1,
  cancelled: 0,
};

/** A ring that fills up on the way to done. Decorative: the word is beside it or in the row's name. */
export function StatusIcon({ status }: { readonly status: Task['status'] }) {
  const color = COLORS[status];
  const dash = status === 'backlog' ? '1.8 1.6' : undefined;
  const filled = FILLED[status];
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" style={{ flex: 'none' }}>
      <circle cx="7" cy="7" r="6" fill="none" stroke={color} strokeWidth="1.5" strokeDasharray={dash} />
      {filled > 0 && filled < 1 && (
        <circle
          cx="7"
          cy="7"
          r="2"
          fill="none"
          stroke={color}
          strokeWidth="4"
          strokeDasharray={`${filled * 12.566} 12.566`}
          transform="rotate(-90 7 7)"
        />
      )}
      {filled === 1 && (
        <>
          <circle cx="7" cy="7" r="6" fill={color} />
          <path d="M4.2 7.2l2 2 3.6-4.2" fill="none" stroke="#fff" strokeWidth="1.5" strokeLinecap="round" />
        </>
      )}
      {status === 'cancelled' && (
        <path d="M5 5l4 4M9 5l-4 4" stroke={color} strokeWidth="1.5" strokeLinecap="round" />
      )}
    </svg>
  );
}
