import type { Catalogue } from './catalogue.ts';
import { createPolicy, requireTable } from './ddl.ts';

/** A catalogue by names alone: equal texts mean an equal structure, whatever the OIDs and the order of columns. */
export function describeCatalogue(catalogue: Catalogue): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  const on = (oid: number) => {
    const table = [...catalogue.tables, ...catalogue.views].find((candidate) => candidate.oid === oid);
    return table === undefined ? `#${oid}` : `${table.schema}.${table.name}`;
  };
  for (const { name } of catalogue.schemas) lines.set(`schema ${name}`, '');
  for (const { schema, name, labels } of catalogue.enums)
    lines.set(`enum ${schema}.${name}`, labels.map(({ text }) => text).join(', '));
  for (const { schema, name, definition } of catalogue.domains)
    lines.set(`domain ${schema}.${name}`, definition);
  for (const sequence of catalogue.sequences) {
    const { schema, name, definition, ownerTable, ownerAttnum } = sequence;
    const owner =
      ownerTable === null
        ? ''
        : ` owned by ${on(ownerTable)}.${requireTable(catalogue, ownerTable).columns.find(({ attnum }) => attnum === ownerAttnum)?.name}`;
    lines.set(`sequence ${schema}.${name}`, definition + owner);
  }
  for (const { schema, name, columns, isUnlogged, rowSecurity, forcesRowSecurity } of catalogue.tables) {
    const flags = [isUnlogged && 'unlogged', rowSecurity && 'row security', forcesRowSecurity && 'forced'];
    lines.set(`table ${schema}.${name}`, flags.filter(Boolean).join(', '));
    for (const { attnum: _attnum, typeOid: _typeOid, name: column, ...rest } of columns)
      lines.set(`column ${schema}.${name}.${column}`, JSON.stringify(rest));
  }
  for (const { table, name, definition } of catalogue.constraints)
    lines.set(`constraint ${on(table)}.${name}`, definition);
  for (const { schema, name, definition } of catalogue.indexes)
    lines.set(`index ${schema}.${name}`, definition);
  for (const { table, name, definition, enabled } of catalogue.triggers)
    lines.set(`trigger ${on(table)}.${name}`, `${definition} (${enabled})`);
  for (const policy of catalogue.policies)
    lines.set(
      `policy ${on(policy.table)}.${policy.name}`,
      createPolicy(requireTable(catalogue, policy.table), policy),
    );
  for (const { schema, name, definition } of catalogue.views) lines.set(`view ${schema}.${name}`, definition);
  for (const { signature, definition } of catalogue.routines) lines.set(`routine ${signature}`, definition);
  for (const other of catalogue.others) lines.set(other, '');
  return lines;
}

/** What differs, a line each: `- ` is expected and missing, `+ ` is there and not expected. Empty when nothing does. */
export function diffCatalogues(expected: Catalogue, actual: Catalogue): readonly string[] {
  const [before, after] = [describeCatalogue(expected), describeCatalogue(actual)];
  const line = (sign: string, name: string, definition: string | undefined) =>
    `${sign} ${name}${definition === undefined || definition === '' ? '' : ` → ${definition}`}`;
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .flatMap((name) => [
      ...(before.has(name) ? [line('-', name, before.get(name))] : []),
      ...(after.has(name) ? [line('+', name, after.get(name))] : []),
    ]);
}
