import type { MigrationBundle, MigrationProgram } from '@lockstep/protocol';
import { programSql } from '../author/program/program-sql.ts';
import { sealOf } from '../run/seal.ts';
import { testBundle } from './bundle.ts';

/** Three migrations, the middle one in TypeScript (`0001_names`); null for its program makes the bundle data. */
export function programBundle(first: readonly string[], program: MigrationProgram | null): MigrationBundle {
  const hash = '0'.repeat(64);
  const { migrations } = testBundle([
    { tag: '0000_items', statements: first },
    { tag: '0001_names', statements: [programSql(hash)], replica: [] },
    { tag: '0002_after', statements: ['CREATE TABLE behind (id integer)'] },
  ]);
  const whole = migrations.map((entry, index) => {
    const made = index === 1 ? { ...entry, program: { hash, export: 'default' } } : entry;
    return { ...made, seal: sealOf(made) };
  });
  return program === null
    ? { migrations: whole }
    : { migrations: whole, programs: { '0001_names': program } };
}
