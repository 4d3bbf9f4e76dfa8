import { parseElectricStatement } from '../../sql/electric-statement.ts';
import { nodeContent, nodeName } from '../../sql/node-walk.ts';
import type { Parser } from '../../sql/parser.ts';
import { splitStatements } from '../../sql/split.ts';
import { type Item, type ItemKind, type Rename } from '../generate/item.ts';

const KINDS: Readonly<Record<string, ItemKind>> = {
  OBJECT_TABLE: 'table',
  OBJECT_COLUMN: 'column',
  OBJECT_TYPE: 'enum',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_ROLE: 'role',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'view',
  OBJECT_POLICY: 'policy',
};

/** The renames that a file's statements make, in their order, from Postgres's own parser. */
export function readRenames(parser: Parser, sql: string): readonly Rename[] {
  return splitStatements(sql).flatMap(({ text }) => {
    if (parseElectricStatement(text) !== null) return [];
    const outcome = parser.parse(text);
    const node = outcome.kind === 'parsed' ? outcome.statements[0]?.node : undefined;
    if (node === undefined) return [];
    const content = nodeContent(node) as RenameNode;
    if (nodeName(node) === 'RenameStmt') return renameOf(content);
    if (nodeName(node) === 'AlterObjectSchemaStmt') return moveOf(content);
    return [];
  });
}

interface RenameNode {
  readonly renameType?: string;
  readonly objectType?: string;
  readonly relation?: { readonly schemaname?: string; readonly relname?: string };
  readonly object?: { readonly List?: { readonly items?: readonly { String?: { sval?: string } }[] } };
  readonly subname?: string;
  readonly newname?: string;
  readonly newschema?: string;
}

function renameOf(node: RenameNode): readonly Rename[] {
  const kind = KINDS[node.renameType ?? ''];
  const { newname } = node;
  if (kind === undefined || newname === undefined) return [];
  const from = itemOf(kind, node);
  return from === null ? [] : [{ from, to: { ...from, name: newname } }];
}

function moveOf(node: RenameNode): readonly Rename[] {
  const kind = KINDS[node.objectType ?? ''];
  if (kind === undefined || node.newschema === undefined) return [];
  const from = itemOf(kind, node);
  return from === null ? [] : [{ from, to: { ...from, schema: node.newschema } }];
}

function itemOf(kind: ItemKind, node: RenameNode): Item | null {
  const schema = node.relation?.schemaname ?? 'public';
  const table = node.relation?.relname ?? null;
  switch (kind) {
    case 'table':
    case 'sequence':
    case 'view':
      return table === null ? null : { kind, schema, table: null, name: table };
    case 'column':
    case 'policy':
      return node.subname === undefined ? null : { kind, schema, table, name: node.subname };
    case 'schema':
    case 'role':
      return node.subname === undefined ? null : { kind, schema: 'public', table: null, name: node.subname };
    case 'enum': {
      const names = (node.object?.List?.items ?? []).flatMap((item) => item.String?.sval ?? []);
      const name = names.at(-1);
      return name === undefined ? null : { kind, schema: names.at(-2) ?? 'public', table: null, name };
    }
  }
}

/** Where something is called after these renames, in their order. */
export function followItem(item: Item, renames: readonly Rename[]): Item {
  return renames.reduce(followOne, item);
}

function followOne(item: Item, { from, to }: Rename): Item {
  if (from.kind === 'schema')
    return item.schema === from.name && item.kind !== 'schema'
      ? { ...item, schema: to.name }
      : same(item, from, to);
  if (from.kind === 'table' && item.table === from.name && item.schema === from.schema)
    return { ...item, schema: to.schema, table: to.name };
  return same(item, from, to);
}

function same(item: Item, from: Item, to: Item): Item {
  const isSame =
    item.kind === from.kind &&
    item.schema === from.schema &&
    item.table === from.table &&
    item.name === from.name;
  return isSame ? { ...item, schema: to.schema, name: to.name } : item;
}
