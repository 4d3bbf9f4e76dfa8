import { LockstepError } from '@lockstep/protocol';

/** One line of drizzle-kit's journal. */
export interface JournalEntry {
  readonly tag: string;
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly when: number;
}

/**
 * Parses `meta/_journal.json` of drizzle-kit 0.31. Times may go back (a branch was merged); numbers are 0, 1, 2 …
 * Raises JOURNAL_INVALID.
 */
export function parseJournal(text: string, file: string): readonly JournalEntry[] {
  const invalid = (message: string, remedy: string) =>
    new LockstepError('JOURNAL_INVALID', { message, remedy, place: { file } });
  const restore = 'Restore it from version control, or resolve the merge conflict in it.';
  let journal: unknown;
  try {
    // Editors on Windows put a byte order mark in front.
    journal = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw invalid(
      `The journal is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`,
      restore,
    );
  }
  if (!isRecord(journal) || !Array.isArray(journal.entries)) {
    throw invalid('The journal has no list of entries.', restore);
  }
  if (journal.dialect !== undefined && journal.dialect !== 'postgresql') {
    throw invalid(
      `The journal is of dialect ${JSON.stringify(journal.dialect)}.`,
      'Set `dialect: "postgresql"` in drizzle.config.ts and generate the migrations for Postgres.',
    );
  }
  const seen = new Set<string>();
  const numbers = new Map<number, string>();
  return journal.entries.map((entry: unknown, position) => {
    if (!isEntry(entry)) throw invalid(`Entry ${position} of the journal lacks idx, when or tag.`, restore);
    if (!/^[\w.-]+$/.test(entry.tag)) {
      throw invalid(
        `The tag ${JSON.stringify(entry.tag)} has other characters than letters, digits, "_", "-" and ".".`,
        'Rename the file and its entry.',
      );
    }
    if (seen.has(entry.tag))
      throw invalid(`The journal lists ${entry.tag} twice.`, 'Take one of the two out.');
    seen.add(entry.tag);
    const other = numbers.get(entry.idx);
    numbers.set(entry.idx, entry.tag);
    if (entry.idx !== position) {
      const what =
        other === undefined
          ? entry.idx < position
            ? 'out of order'
            : 'a gap'
          : `as ${other} has: a duplicate`;
      throw invalid(
        `${entry.tag} has the number ${entry.idx} in the journal where ${position} is expected, ${what}.`,
        'After a merge, number the entries in their order: 0, 1, 2 …; tags, times and files stay as they are.',
      );
    }
    return { tag: entry.tag, index: entry.idx, when: entry.when };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isEntry(value: unknown): value is { idx: number; when: number; tag: string } {
  return (
    isRecord(value) &&
    Number.isInteger(value.idx) &&
    Number.isInteger(value.when) &&
    typeof value.tag === 'string'
  );
}
