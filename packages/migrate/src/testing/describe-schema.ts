import type { Schema } from '../author/lint/schema/schema.ts';
import { formatType } from '../author/lint/schema/type-ref.ts';
import type { Executor } from '../run/executor/executor.ts';

/** The lint's schema as lines, to be compared with the catalogue's. */
export function describeModel(schema: Schema): readonly string[] {
  const lines: string[] = [];
  for (const [key, table] of schema.tables) {
    lines.push(`table ${key}`);
    for (const column of table.columns) {
      const flags = [
        column.notNull ? 'not null' : '',
        column.isSerial || column.default !== null ? 'default' : '',
        column.isIdentity ? 'identity' : '',
        column.generated ?? '',
      ];
      lines.push(
        `column ${key}.${column.name} ${formatType(column.type)} ${flags.filter(Boolean).join(' ')}`.trim(),
      );
    }
    for (const { name, kind, columns, references, isValid } of table.constraints) {
      if (kind === 'not-null') continue;
      const to = references === null ? '' : ` to ${references}`;
      lines.push(
        `constraint ${key}.${name} ${kind} (${kind === 'check' ? '' : columns.join(', ')})${to}${isValid ? '' : ' not valid'}`,
      );
    }
    for (const trigger of table.triggers.keys()) lines.push(`trigger ${key}.${trigger}`);
  }
  for (const [key, index] of schema.indexes)
    lines.push(
      `index ${key} on ${index.table}${index.isUnique ? ' unique' : ''} (${index.columns.map((column) => column ?? '?').join(', ')})`,
    );
  for (const [key, { labels }] of schema.enums) lines.push(`enum ${key} ${labels.join(', ')}`);
  for (const key of schema.views.keys()) lines.push(`view ${key}`);
  for (const key of schema.domains.keys()) lines.push(`domain ${key}`);
  return lines.sort();
}

const OF_USERS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const CATALOGUE = `
  SELECT 'table ' || n.nspname || '.' || c.relname AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND ${OF_USERS}
  UNION ALL
  SELECT trim('column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' ||
    concat_ws(' ', CASE WHEN a.attnotnull THEN 'not null' END, CASE WHEN a.atthasdef AND a.attgenerated = '' THEN 'default' END,
      CASE WHEN a.attidentity <> '' THEN 'identity' END, CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND ${OF_USERS}
  UNION ALL
  SELECT 'constraint ' || n.nspname || '.' || c.relname || '.' || k.conname || ' ' ||
    CASE k.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' WHEN 'p' THEN 'primary' WHEN 'f' THEN 'foreign' ELSE 'exclude' END ||
    ' (' || CASE WHEN k.contype = 'c' THEN '' ELSE (SELECT string_agg(a.attname, ', ' ORDER BY u.at)
      FROM unnest(k.conkey) WITH ORDINALITY AS u(num, at) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num) END || ')' ||
    CASE WHEN k.contype = 'f' THEN ' to ' || fn.nspname || '.' || f.relname ELSE '' END || CASE WHEN k.convalidated THEN '' ELSE ' not valid' END
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  WHERE k.contype IN ('c', 'u', 'p', 'f', 'x') AND ${OF_USERS}
  UNION ALL
  SELECT 'trigger ' || n.nspname || '.' || c.relname || '.' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'index ' || n.nspname || '.' || c.relname || ' on ' || tn.nspname || '.' || t.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END ||
    ' (' || (SELECT string_agg(coalesce(a.attname, '?'), ', ' ORDER BY u.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(num, at)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num AND u.num <> 0 WHERE u.at <= i.indnkeyatts) || ')'
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE ${OF_USERS}
  UNION ALL
  SELECT 'enum ' || n.nspname || '.' || t.typname || ' ' || (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${OF_USERS}
  UNION ALL
  SELECT 'view ' || n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND ${OF_USERS}
  UNION ALL
  SELECT 'domain ' || n.nspname || '.' || t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND ${OF_USERS}`;

/** The same of a database. */
export async function describeCatalogue(executor: Executor): Promise<readonly string[]> {
  const rows = await executor.query<{ line: string }>(CATALOGUE);
  return rows.map(({ line }) => line).sort();
}
