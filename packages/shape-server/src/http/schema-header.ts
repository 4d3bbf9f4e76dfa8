import type { Column } from '../source/source.ts';

const INTERVAL_FULL_PRECISION = 0xffff;

/** The `electric-schema` header: what each selected column is. */
export function schemaHeader(columns: readonly Column[]): string {
  const entries = columns.map((column) => [column.name, describe(column)] as const);
  // Headers are bytes: what is not ASCII is escaped, which JSON allows.
  return JSON.stringify(Object.fromEntries(entries)).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function describe(column: Column): Record<string, unknown> {
  return {
    type: column.typeName,
    ...(column.isArray ? { dims: Math.max(1, column.dimensions) } : {}),
    ...modifierOf(column),
    ...(column.notNull ? { not_null: true } : {}),
    ...(column.keyIndex === null ? {} : { pk_index: column.keyIndex }),
  };
}

function modifierOf({ typeName, typeModifier }: Column): Record<string, unknown> {
  if (typeModifier < 0) return {};
  switch (typeName) {
    case 'varchar':
      return { max_length: typeModifier - 4 };
    case 'bpchar':
      return { length: typeModifier - 4 };
    case 'bit':
    case 'varbit':
      return { length: typeModifier };
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { precision: typeModifier };
    case 'numeric': {
      // The scale has eleven bits and a sign.
      const scale = (typeModifier - 4) & 0x7ff;
      return { precision: ((typeModifier - 4) >> 16) & 0xffff, scale: scale >= 1024 ? scale - 2048 : scale };
    }
    case 'interval': {
      const precision = typeModifier & 0xffff;
      return precision === INTERVAL_FULL_PRECISION ? { type_mod: typeModifier } : { precision };
    }
    default:
      return { type_mod: typeModifier };
  }
}
