/** `dueOn` or `due_on` to `Due on`; a trailing `id` of a reference is left out: `assignee_id` to `Assignee`. */
export function humanize(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase()
    .split(/\s+/);
  if (words.length > 1 && words.at(-1) === 'id') words.pop();
  const text = words.join(' ');
  if (text === 'id') return 'ID';
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const number = new Intl.NumberFormat('en');

export function formatCount(count: number): string {
  return number.format(count);
}

/** `1 row`, `2 rows`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const dateFormat = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });
const instantFormat = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** A `date` of Postgres, `2026-11-02`, without a time zone: read as local noon, so that no zone shifts the day. */
export function formatDate(date: string): string {
  return formatWith(dateFormat, new Date(`${date}T12:00:00`), date);
}

export function formatInstant(instant: Date | string): string {
  return formatWith(instantFormat, new Date(instant), String(instant));
}

/** Postgres knows instants that JavaScript doesn't (`infinity`, years BC): those are shown as they are. */
function formatWith(format: Intl.DateTimeFormat, date: Date, otherwise: string): string {
  return Number.isNaN(date.getTime()) ? otherwise : format.format(date);
}

const RELATIVE_UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });

/** `3 hr. ago`; `now` under a minute. */
export function formatAgo(instant: Date, now: Date): string {
  const seconds = (instant.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of RELATIVE_UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'now';
}
