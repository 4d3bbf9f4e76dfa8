import {
  formatQualifiedName,
  LockstepError,
  SHAPE_QUERY,
  type ShapeCatalogue,
  type ShapeDefinition,
  type ShapeWhere,
  type TableFact,
} from '@lockstep/protocol';
import type { Applied } from './applied.ts';
import { chooseColumns, formatColumnList, parseColumnList } from './columns.ts';

/** Electric's own parameters that a client may set: where it stands in a shape's log. Nothing that chooses rows. */
const PROTOCOL_PARAMETERS = [
  'offset',
  'handle',
  'live',
  'cursor',
  'log',
  'expired_handle',
  'cache-buster',
] as const;

/** Parameters that would choose rows or another protocol: a client that sends them expects what it will not get. */
const REFUSED_PARAMETERS =
  /^(where|params.*|table|secret|api_secret|replica|queryable_columns|subset__.*|(experimental_)?live_sse|experimental_compaction)$/;

export interface ShapeAsked<Viewer> {
  readonly name: string;
  /** As the client sent it. */
  readonly query: URLSearchParams;
  readonly viewer: Viewer;
  readonly scope: string;
}

export interface ResolvedShape {
  /** What Electric is asked, without its secret. */
  readonly upstream: URLSearchParams;
  /** Whether a shared cache may keep the answer: the same for everybody, and its URL names the version. */
  readonly isPublic: boolean;
}

/**
 * Decides what a client gets for the shape it named: the server's table, its rows, the client's columns.
 * Throws `UNKNOWN_SHAPE`, `UNKNOWN_COLUMN`, `FORBIDDEN`, `REQUEST_INVALID` or `NOT_MIGRATED`.
 */
export function resolveShape<Viewer>(
  shapes: ShapeCatalogue<Viewer>,
  asked: ShapeAsked<Viewer>,
  applied: Applied,
): ResolvedShape {
  const definition = findShape(shapes, asked.name);
  refuseParameters(asked.query);
  checkScope(definition, asked);
  const table = findTable(definition, asked.name, applied);
  const upstream = new URLSearchParams();
  for (const name of PROTOCOL_PARAMETERS) {
    const value = asked.query.get(name);
    if (value !== null) upstream.set(name, value);
  }
  upstream.set('table', formatQualifiedName(table));
  upstream.set('columns', formatColumnList(columnsOf(table, asked)));
  setWhere(upstream, definition.rows(asked.viewer));
  return {
    upstream,
    isPublic: definition.audience === 'shared' && asked.query.has(SHAPE_QUERY.version),
  };
}

function findShape<Viewer>(shapes: ShapeCatalogue<Viewer>, name: string): ShapeDefinition<Viewer> {
  const definition = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (definition !== undefined) return definition;
  throw new LockstepError('UNKNOWN_SHAPE', {
    message: `There is no shape named ${JSON.stringify(name.slice(0, 100))}.`,
    remedy: 'Ask for a shape of the catalogue; a page of another version needs a reload.',
  });
}

function refuseParameters(query: URLSearchParams): void {
  const refused = [...new Set(query.keys())].filter((name) => REFUSED_PARAMETERS.test(name));
  if (refused.length === 0) return;
  throw new LockstepError('REQUEST_INVALID', {
    message: `The server chooses a shape's table and rows: ${refused.join(', ')} can't be set.`,
    remedy: 'Ask for a shape by name, with its columns, scope and version only.',
    details: { parameters: refused },
  });
}

function checkScope<Viewer>(definition: ShapeDefinition<Viewer>, asked: ShapeAsked<Viewer>): void {
  const scope = asked.query.get(SHAPE_QUERY.scope);
  if (definition.audience === 'shared') {
    if (scope === null) return;
    throw new LockstepError('REQUEST_INVALID', {
      message: `The shape ${asked.name} is the same for everybody and takes no scope.`,
      remedy: 'Leave the scope parameter out, so that caches keep one copy.',
    });
  }
  if (scope === asked.scope) return;
  throw new LockstepError('FORBIDDEN', {
    message: `The scope of this request is not the viewer's own.`,
    remedy: 'Sign in as the person whose rows are asked for, and name that scope in the URL.',
  });
}

function findTable<Viewer>(definition: ShapeDefinition<Viewer>, name: string, applied: Applied): TableFact {
  if (applied.version === null) throw notMigrated();
  const table = applied.schema.tables.find((candidate) => candidate.name === definition.table);
  if (table !== undefined) return table;
  throw new LockstepError('UNKNOWN_SHAPE', {
    message: `The shape ${name} has no table at version ${applied.version.tag}.`,
    remedy: 'Reload the page; if that does not help, deploy the migrations that this build expects.',
    details: { version: applied.version.tag },
  });
}

function columnsOf<Viewer>(table: TableFact, asked: ShapeAsked<Viewer>): readonly string[] {
  const text = asked.query.get(SHAPE_QUERY.columns);
  const names = text === null ? null : parseColumnList(text);
  if (names === null) {
    throw new LockstepError('REQUEST_INVALID', {
      message: text === null ? 'The columns parameter is missing.' : 'The columns parameter is malformed.',
      remedy: 'Name the columns that the client has, quoted and separated by commas: columns="id","title".',
    });
  }
  const { columns, unknown } = chooseColumns(table, names);
  if (unknown.length === 0) return columns;
  throw new LockstepError('UNKNOWN_COLUMN', {
    message: `The shape ${asked.name} has no column named ${unknown.map((column) => JSON.stringify(column)).join(', ')}.`,
    remedy: `Ask for columns that the server has at this version (${table.columns.map((column) => column.name).join(', ')}).`,
    details: { columns: unknown, known: table.columns.map((column) => column.name) },
  });
}

function setWhere(upstream: URLSearchParams, where: ShapeWhere | null): void {
  if (where === null) return;
  upstream.set('where', where.sql);
  where.params.forEach((value, index) => {
    upstream.set(`params[${index + 1}]`, value);
  });
}

function notMigrated(): LockstepError {
  return new LockstepError('NOT_MIGRATED', {
    message: 'No migration is applied to the server’s database yet.',
    remedy: 'Apply the migrations (pnpm db:deploy); this server notices by itself.',
  });
}
