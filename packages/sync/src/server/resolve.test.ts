import type { ShapeCatalogue } from '@lockstep/protocol';
import { describe, expect, it } from 'vitest';
import { migrationFact, tableFact } from '../testing/server/facts.ts';
import type { Applied } from './applied.ts';
import { resolveShape } from './resolve.ts';

interface Viewer {
  readonly ids: readonly string[];
}

const catalogue: ShapeCatalogue<Viewer> = {
  items: {
    table: 'items',
    audience: 'viewer',
    rows: ({ ids }) => ({ sql: `id IN (${ids.map((_, index) => `$${index + 1}`).join(', ')})`, params: ids }),
  },
  kinds: { table: 'kinds', audience: 'shared', rows: () => null },
  lost: { table: 'lost', audience: 'shared', rows: () => null },
};
const newest = migrationFact(1, [
  tableFact('items', ['id:uuid', 'title', 'note']),
  tableFact('kinds', ['id', 'name']),
]);
const applied: Applied = { version: newest, schema: newest.schema, migrations: [newest] };

function resolve(name: string, query: string, at = applied) {
  return resolveShape(
    catalogue,
    { name, query: new URLSearchParams(query), viewer: { ids: ['1', '2'] }, scope: 'ada' },
    at,
  );
}

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return null;
}

describe('resolveShape', () => {
  it('chooses table, rows and columns, and passes the position on', () => {
    const { upstream, isPublic } = resolve(
      'items',
      'columns="title"&scope=ada&version=0001_step&offset=12_3&handle=h&live=true&cursor=9&log=full&expired_handle=x&cache-buster=1&foo=bar',
    );
    expect(Object.fromEntries(upstream)).toEqual({
      offset: '12_3',
      handle: 'h',
      live: 'true',
      cursor: '9',
      log: 'full',
      expired_handle: 'x',
      'cache-buster': '1',
      table: '"public"."items"',
      columns: '"id","title"',
      where: 'id IN ($1, $2)',
      'params[1]': '1',
      'params[2]': '2',
    });
    expect(isPublic).toBe(false);
  });

  it('is public for a shared shape whose URL names the version, and else not', () => {
    expect(resolve('kinds', 'columns=id&offset=-1&version=0001_step').isPublic).toBe(true);
    expect(resolve('kinds', 'columns=id&offset=-1').isPublic).toBe(false);
  });

  it.each<readonly [string, string, string, string]>([
    ['an unknown shape', 'nope', 'columns=id', 'UNKNOWN_SHAPE'],
    ['a name of every object', 'constructor', 'columns=id', 'UNKNOWN_SHAPE'],
    ['a shape whose table is not applied', 'lost', 'columns=id', 'UNKNOWN_SHAPE'],
    ['an unknown column', 'items', 'scope=ada&columns=id,nope', 'UNKNOWN_COLUMN'],
    ['no columns', 'items', 'scope=ada', 'REQUEST_INVALID'],
    ['malformed columns', 'items', 'scope=ada&columns="id', 'REQUEST_INVALID'],
    ['another’s scope', 'items', 'scope=bob&columns=id', 'FORBIDDEN'],
    ['no scope', 'items', 'columns=id', 'FORBIDDEN'],
    ['a scope for a shared shape', 'kinds', 'scope=ada&columns=id', 'REQUEST_INVALID'],
    ...['where', 'params[1]', 'table', 'secret', 'replica', 'subset__where', 'live_sse'].map(
      (name) =>
        [`the parameter ${name}`, 'items', `scope=ada&columns=id&${name}=1`, 'REQUEST_INVALID'] as const,
    ),
  ])('refuses %s', (_what, name, query, code) => {
    expect(codeOf(() => resolve(name, query))).toBe(code);
  });

  it('says that nothing is applied yet', () => {
    const empty: Applied = { version: null, schema: { types: [], tables: [] }, migrations: [] };
    expect(codeOf(() => resolve('kinds', 'columns=id', empty))).toBe('NOT_MIGRATED');
  });
});
