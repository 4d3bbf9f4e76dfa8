import type { Drift } from '../../operate/report/drift.ts';
import type { DatabaseReport } from '../../operate/report/report.ts';
import { formatTable } from '../io.ts';
import { formatBytes } from '../words.ts';
import type { Versions } from './versions.ts';

/** Everything that a report says. */
export interface Report {
  readonly versions: Versions;
  readonly checkout: {
    readonly configuration: 'lockstep.config' | 'drizzle.config';
    readonly migrations: number;
    readonly bundle: 'fresh' | 'stale' | 'none';
    readonly syncedTables: number;
    readonly hasSeed: boolean;
  };
  /** The error's code where the database could not be opened: its message may name a host. */
  readonly database: DatabaseReport | { readonly error: string } | null;
}

/** As Markdown, to be pasted into a bug report. */
export function formatReport({ versions, checkout, database }: Report): string {
  const installed = Object.entries(versions).map(([name, version]) => [name, version ?? 'not installed']);
  const facts = [
    ['configuration', checkout.configuration],
    ['migrations', String(checkout.migrations)],
    ['bundle', checkout.bundle],
    ['synced tables', String(checkout.syncedTables)],
    ['seed', checkout.hasSeed ? 'yes' : 'no'],
  ];
  return [
    '## Versions',
    block(formatTable(['what', 'version'], installed)),
    '## Checkout',
    block(formatTable(['what', 'value'], facts)),
    '## Database',
    ...formatDatabase(database),
  ].join('\n\n');
}

function formatDatabase(database: Report['database']): string[] {
  if (database === null) return ['No database is named.'];
  if ('error' in database) return [`It could not be opened: ${database.error}.`];
  const { engine, version, encoding, collation, extensions, state, isBeingMigrated, sizes } = database;
  const facts = [
    ['engine', `${engine} ${version}`],
    ['encoding, collation', `${encoding}, ${collation}`],
    ['extensions', extensions.join(', ')],
    ['state', isBeingMigrated ? `${state}, being migrated now` : state],
    ['drift', formatDrift(database.drift)],
    ['size', `${formatBytes(sizes.databaseBytes)} in ${sizes.tables} tables`],
    ...(database.unknown.length === 0 ? [] : [['not in this checkout', database.unknown.join(', ')]]),
  ];
  const migrations = database.migrations.map(({ tag, state: found, appliedAt, durationMs }) => [
    tag,
    found,
    appliedAt ?? '-',
    durationMs === null ? '-' : `${durationMs} ms`,
  ]);
  const tables = sizes.largest.map(({ table, bytes, rows }) => [
    table,
    formatBytes(bytes),
    rows === null ? '-' : String(rows),
  ]);
  return [
    block(formatTable(['what', 'value'], facts)),
    block(formatTable(['migration', 'state', 'applied at', 'took'], migrations)),
    block(formatTable(['table', 'size', 'rows, about'], tables)),
  ];
}

function formatDrift(drift: Drift): string {
  if (drift.kind === 'none') return 'none';
  if (drift.kind === 'unknown') return `unknown: ${drift.reason}`;
  const { missing, unexpected, different } = drift;
  const parts = Object.entries({ missing, unexpected, different })
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${names.join(', ')}`);
  return parts.join('; ');
}

function block(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
