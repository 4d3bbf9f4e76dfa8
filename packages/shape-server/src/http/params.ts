import { type Offset, parseOffset, type QualifiedName } from '@lockstep/protocol';
import type { LogMode, Replica } from '../shape/definition.ts';
import { parseColumnNames, parseTableName } from './identifiers.ts';

/** A shape request as far as it can be understood without the catalogue. */
export interface ShapeRequest {
  readonly table: QualifiedName;
  readonly offset: Offset;
  /** As it was sent: it is part of the ETag. */
  readonly offsetText: string;
  /** Null at the offsets `-1` and `now`, where it means nothing. */
  readonly handle: string | null;
  readonly isLive: boolean;
  readonly isStream: boolean;
  readonly cursor: string | null;
  readonly columns: readonly string[] | null;
  readonly where: string | null;
  readonly params: readonly string[];
  readonly replica: Replica;
  readonly mode: LogMode;
  /** The definition as it was spelled. */
  readonly spelling: string;
}

export type FieldErrors = Readonly<Record<string, unknown>>;

export type ParsedRequest =
  | { readonly kind: 'ok'; readonly request: ShapeRequest }
  | { readonly kind: 'invalid'; readonly errors: FieldErrors };

const TEXT_FIELDS = new Set(['table', 'columns', 'where', 'params']);

/** Unknown parameters are nobody's business here: applications and the client send many. */
export function parseShapeParams(query: URLSearchParams): ParsedRequest {
  const errors: Record<string, unknown> = {};
  const get = (name: string) => {
    const value = query.get(name);
    return value === null || value === '' ? null : value;
  };
  const check = (field: string, isValid: boolean, message: string) => {
    if (!isValid) errors[field] ??= [message];
  };
  const flag = (name: string) => query.has(name) && query.get(name) !== 'false';

  const tableText = get('table');
  check('table', tableText !== null, "can't be blank");
  const offsetText = get('offset');
  check('offset', offsetText !== null, "can't be blank");
  const offset = offsetText === null ? null : parseOffset(offsetText);
  if (offsetText !== null) check('offset', offset !== null, 'has invalid format');

  const replica = get('replica') ?? 'default';
  check('replica', replica === 'default' || replica === 'full', 'is invalid');
  const mode = get('log') ?? 'full';
  check('log', mode === 'full' || mode === 'changes_only', 'is invalid');

  const isLive = flag('live');
  const isStream = flag(query.has('live_sse') ? 'live_sse' : 'experimental_live_sse');
  if (isLive && offset?.kind === 'start') check('live', false, "can't be true when offset == -1");
  if (isLive && offset?.kind === 'now') check('live', false, "can't be true when offset is 'now'");
  check('live_sse', !isStream || isLive, "can't be true unless live is also true");
  const handle = offset?.kind === 'at' ? get('handle') : null;
  if (offset?.kind === 'at') check('handle', handle !== null, "can't be blank when offset != -1");
  for (const name of query.keys()) {
    if (name.startsWith('subset__')) {
      errors.subset ??= { where: ['subset snapshots are not supported by this server'] };
    }
  }

  for (const [name, value] of query) {
    // Postgres has no texts with a zero byte, and its parser would stop there.
    const field = name.startsWith('params[') ? 'params' : name;
    if (value.includes('\0') && TEXT_FIELDS.has(field)) check(field, false, 'is invalid');
  }
  const params = parseWhereParams(query);
  if (params === null) check('params', false, 'is invalid');
  else if (params === 'gaps') {
    check('params', false, 'Parameters must be numbered sequentially, starting from 1');
  }
  const table = tableText === null ? null : parseTableName(tableText);
  if (table?.kind === 'invalid') check('table', false, table.message);
  const columnsText = get('columns');
  const columns = columnsText === null ? null : parseColumnNames(columnsText);
  if (columns?.kind === 'invalid') check('columns', false, columns.message);

  if (Object.keys(errors).length > 0 || table?.kind !== 'ok' || offset === null || offsetText === null) {
    return { kind: 'invalid', errors };
  }
  const where = get('where');
  const values = params as readonly string[];
  return {
    kind: 'ok',
    request: {
      table: table.value,
      offset,
      offsetText,
      handle,
      isLive,
      isStream,
      cursor: get('cursor'),
      columns: columns?.kind === 'ok' ? columns.value : null,
      where,
      params: values,
      replica: replica as Replica,
      mode: mode as LogMode,
      spelling: JSON.stringify([tableText, columnsText, where, values, replica, mode]),
    },
  };
}

/** The values of `params[1]`, `params[2]`, …; null when they are written in another way. */
function parseWhereParams(query: URLSearchParams): readonly string[] | 'gaps' | null {
  if (query.has('params')) return null;
  const values = new Map<number, string>();
  for (const [name, value] of query) {
    const match = /^params\[(.*)\]$/.exec(name);
    if (match === null) continue;
    if (!/^\d{1,5}$/.test(match[1] as string)) return null;
    values.set(Number(match[1]), value);
  }
  const list: string[] = [];
  for (let number = 1; number <= values.size; number += 1) {
    const value = values.get(number);
    if (value === undefined) return 'gaps';
    list.push(value);
  }
  return list;
}
