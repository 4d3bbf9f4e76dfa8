import { quoteIdentifier } from '@lockstep/protocol';
import type { ClassifiedStatement } from '../../sql/classify.ts';
import { nodeContent } from '../../sql/node-walk.ts';
import type { Parser } from '../../sql/parser.ts';
import { formatTableName, tableLabel } from '../../sql/table-name.ts';
import type { RowWrites } from '../footprint.ts';
import type { CatalogueMatch } from './match-catalogues.ts';

/**
 * Why no down can be generated of a migration whose structure could be undone: it writes rows that stay, or does what
 * only a server has. Empty when nothing stands in the way.
 */
export function findObstacles(
  parser: Parser,
  match: CatalogueMatch,
  statements: readonly ClassifiedStatement[],
  writes: RowWrites,
): readonly string[] {
  return [
    ...rowObstacles(parser, match, statements, writes),
    ...statements
      .filter((statement) => isServersAlone(parser, statement))
      .map((statement) => `it says ${opening(statement)}, which only a server has`),
    ...otherObstacles(match),
  ];
}

/** The first words of a statement. */
function opening({ text }: ClassifiedStatement): string {
  return text.split(/\s+/).slice(0, 3).join(' ');
}

const HARMLESS = new Set(['ReindexStmt', 'ClusterStmt', 'VacuumStmt', 'CheckPointStmt']);

function isServersAlone(parser: Parser, statement: ClassifiedStatement): boolean {
  if (!statement.isServerOnly || statement.electric !== null) return false;
  return (
    statement.node !== null && !HARMLESS.has(statement.node) && serverInverse(parser, statement) === null
  );
}

/** The opposite of a statement that the replay leaves out; null where it isn't exact. */
export function serverInverse(parser: Parser, { text, node }: ClassifiedStatement): string | null {
  const outcome = parser.parse(text);
  const parsed = outcome.kind === 'parsed' ? outcome.statements[0]?.node : undefined;
  if (parsed === undefined) return null;
  const content = nodeContent(parsed) as ServerContent;
  const range = content.relation ?? content.table;
  if (range?.relname === undefined) return null;
  const table = formatTableName({ schema: range.schemaname ?? null, name: range.relname });
  if (node === 'CreatePolicyStmt')
    return `DROP POLICY ${quoteIdentifier(content.policy_name ?? '')} ON ${table}`;
  const commands = (content.cmds ?? []).map(
    ({ AlterTableCmd }) => ROW_SECURITY[AlterTableCmd?.subtype ?? ''],
  );
  const actions = commands.filter((action) => action !== undefined).toReversed();
  if (actions.length === 0 || actions.length !== commands.length) return null;
  return `ALTER TABLE ${table} ${actions.join(', ')}`;
}

interface ServerContent {
  readonly relation?: { readonly schemaname?: string; readonly relname?: string };
  readonly table?: { readonly schemaname?: string; readonly relname?: string };
  readonly policy_name?: string;
  readonly cmds?: readonly { readonly AlterTableCmd?: { readonly subtype?: string } }[];
}

/** The opposite of each, provided that it changed something. */
const ROW_SECURITY: Readonly<Record<string, string>> = {
  AT_EnableRowSecurity: 'DISABLE ROW LEVEL SECURITY',
  AT_DisableRowSecurity: 'ENABLE ROW LEVEL SECURITY',
  AT_ForceRowSecurity: 'NO FORCE ROW LEVEL SECURITY',
  AT_NoForceRowSecurity: 'FORCE ROW LEVEL SECURITY',
};

function rowObstacles(
  parser: Parser,
  match: CatalogueMatch,
  statements: readonly ClassifiedStatement[],
  writes: RowWrites,
): readonly string[] {
  const dml = statements.filter(({ kind, writes: tables }) => kind === 'dml' || tables.length > 0);
  const inserts = dml.every(({ node }) => node === 'InsertStmt');
  // Triggers, dynamic SQL and functions may write anything; foreign keys follow deleted and updated rows only.
  const isAnythingWritten = writes.touched(-1);
  if (isAnythingWritten)
    return ['code that it runs (a trigger, a function or dynamic SQL) may write rows, and those stay'];
  const kept = match.before.tables.filter(({ oid }) => match.after.tables.some((table) => table.oid === oid));
  return kept
    .filter(
      ({ oid }) =>
        (writes.written.has(oid) && !fillsNewColumns(parser, match, oid, dml)) ||
        (!inserts && !writes.written.has(oid) && writes.touched(oid)),
    )
    .map((table) => `it writes rows of ${tableLabel(table)}, and those stay`);
}

/** `UPDATE t SET c = …` of a column that the migration added: it goes with the column. */
function fillsNewColumns(
  parser: Parser,
  match: CatalogueMatch,
  oid: number,
  dml: readonly ClassifiedStatement[],
): boolean {
  const pair = match.tables.pairs.find(({ after }) => after.oid === oid);
  if (pair === undefined) return false;
  const names = new Set([pair.before.name, pair.after.name]);
  const added = new Set(pair.columns.onlyAfter.map(({ name }) => name));
  return dml
    .filter(({ writes }) => writes.some(({ name }) => names.has(name)))
    .every((statement) => {
      const outcome = parser.parse(statement.text);
      const node = outcome.kind === 'parsed' ? outcome.statements[0]?.node : undefined;
      if (statement.node !== 'UpdateStmt' || node === undefined) return false;
      const { targetList } = nodeContent(node) as { targetList?: { ResTarget?: { name?: string } }[] };
      return (targetList ?? []).every(({ ResTarget }) => added.has(ResTarget?.name ?? ''));
    });
}

function otherObstacles({ before, after }: CatalogueMatch): readonly string[] {
  const [had, has] = [new Set(before.others), new Set(after.others)];
  const changed = [...had]
    .filter((other) => !has.has(other))
    .concat([...has].filter((other) => !had.has(other)));
  return changed.map(
    (other) => `it changes the ${other.split(/\s+/).slice(0, 2).join(' ')}, of which no down is generated`,
  );
}
