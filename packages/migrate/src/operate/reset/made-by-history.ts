import type { Migration } from '@lockstep/protocol';
import { nodeContent, nodeName } from '../../sql/node-walk.ts';
import { loadParser } from '../../sql/parser.ts';

/** What a history makes beside the objects of schemas: what lives in a database itself. */
export interface DatabaseObjects {
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
  readonly publications: readonly string[];
  readonly eventTriggers: readonly string[];
}

/** The parser's node of each statement that makes one, and the field with its name. */
const MAKERS: Readonly<Record<string, readonly [keyof DatabaseObjects, string]>> = {
  CreateSchemaStmt: ['schemas', 'schemaname'],
  CreateExtensionStmt: ['extensions', 'extname'],
  CreatePublicationStmt: ['publications', 'pubname'],
  CreateEventTrigStmt: ['eventTriggers', 'trigname'],
};

/** Reads it off the statements. One that the parser doesn't know (ENABLE ELECTRIC) makes none of these. */
export async function madeByHistory(migrations: readonly Migration[]): Promise<DatabaseObjects> {
  const parser = await loadParser();
  const found: Record<keyof DatabaseObjects, Set<string>> = {
    schemas: new Set(),
    extensions: new Set(),
    publications: new Set(),
    eventTriggers: new Set(),
  };
  for (const { sql } of migrations.flatMap(({ server, embedded }) => [...server, ...embedded])) {
    const outcome = parser.parse(sql);
    for (const { node } of outcome.kind === 'parsed' ? outcome.statements : []) {
      const maker = MAKERS[nodeName(node)];
      if (maker === undefined) continue;
      const name = (nodeContent(node) as Readonly<Record<string, unknown>>)[maker[1]];
      if (typeof name === 'string') found[maker[0]].add(name);
    }
  }
  return {
    schemas: [...found.schemas],
    extensions: [...found.extensions],
    publications: [...found.publications],
    eventTriggers: [...found.eventTriggers],
  };
}
