import { formatQualifiedName, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { EnumInfo } from './introspection.ts';

/** Postgres can add and rename an enum's labels, and rename and move the type: no more can differ under one OID. */
export function alterEnum(before: EnumInfo, after: EnumInfo): readonly string[] {
  const statements: string[] = [];
  let at = { schema: before.schema, name: before.name };
  if (before.schema !== after.schema) {
    statements.push(`ALTER TYPE ${formatQualifiedName(at)} SET SCHEMA ${quoteIdentifier(after.schema)}`);
    at = { ...at, schema: after.schema };
  }
  if (before.name !== after.name) {
    statements.push(`ALTER TYPE ${formatQualifiedName(at)} RENAME TO ${quoteIdentifier(after.name)}`);
    at = { ...at, name: after.name };
  }
  const type = formatQualifiedName(at);
  const labels = new Map(before.labels.map(({ oid, text }) => [oid, text]));
  for (const { oid, text } of after.labels) {
    const old = labels.get(oid);
    if (old === undefined || old === text) continue;
    statements.push(`ALTER TYPE ${type} RENAME VALUE ${quoteLiteral(old)} TO ${quoteLiteral(text)}`);
  }
  return [...statements, ...addedValues(type, after, labels)];
}

/** From left to right, so that each stands behind one that is already there. */
function addedValues(type: string, after: EnumInfo, known: ReadonlyMap<number, string>): readonly string[] {
  const firstKnown = after.labels.find(({ oid }) => known.has(oid));
  return after.labels.flatMap(({ oid, text }, index) => {
    if (known.has(oid)) return [];
    const previous = after.labels[index - 1];
    const place =
      previous !== undefined
        ? ` AFTER ${quoteLiteral(previous.text)}`
        : firstKnown === undefined
          ? ''
          : ` BEFORE ${quoteLiteral(firstKnown.text)}`;
    return [`ALTER TYPE ${type} ADD VALUE ${quoteLiteral(text)}${place}`];
  });
}
