import { createHash } from 'node:crypto';
import type { Change, ClientSchema, ColumnFact, ReplicaMigration, TableFact } from '@lockstep/protocol';

/** A step of a history for tests: what the compiler would have made of a migration. */
export interface HistoryStep {
  readonly tag: string;
  readonly statements: readonly string[];
  readonly footprint: readonly Change[];
  readonly tables: readonly TableFact[];
  readonly types?: ClientSchema['types'];
  readonly summary?: readonly string[];
}

/** Numbers and chains the steps. */
export function makeHistory(steps: readonly HistoryStep[]): readonly ReplicaMigration[] {
  let chain = '';
  return steps.map((step, index) => {
    const hash = sha256(`${step.tag}\n${step.statements.join('\n')}`);
    chain = sha256(`${chain}${hash}`);
    return {
      tag: step.tag,
      index,
      when: 1_760_000_000_000 + index * 60_000,
      hash,
      chain,
      replica: { statements: [...step.statements], hash: sha256(step.statements.join('\n')) },
      schema: { types: [...(step.types ?? [])], tables: [...step.tables] },
      footprint: [...step.footprint],
      summary: [...(step.summary ?? [])],
    };
  });
}

/** `id int key`, `title text`, `price numeric null`: a table's facts in short. */
export function makeTable(name: string, columns: readonly string[]): TableFact {
  let keyIndex = 0;
  return {
    schema: 'public',
    name,
    constraints: [],
    columns: columns.map((text): ColumnFact => {
      const [column = '', type = 'text', ...rest] = text.split(' ');
      const isKey = rest.includes('key');
      return {
        name: column,
        type: type.replaceAll('_', ' '),
        notNull: !rest.includes('null'),
        keyIndex: isKey ? keyIndex++ : null,
        default: null,
        generated: false,
      };
    }),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
