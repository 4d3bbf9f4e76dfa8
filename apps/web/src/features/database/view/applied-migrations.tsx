import type { Inspection } from '@lockstep/sync';
import { Table } from '@mantine/core';
import { Framed } from '../../../ui/page.tsx';
import { formatInstant } from '../../../ui/words.ts';
import classes from './database.module.css';

/** Newest first. */
export function AppliedMigrations({ migrations }: Pick<Inspection, 'migrations'>) {
  return (
    <Framed>
      <Table miw={420}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Migration</Table.Th>
            <Table.Th>Applied here</Table.Th>
            <Table.Th ta="end">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {migrations.toReversed().map((migration) => (
            <Table.Tr key={migration.tag} data-migration={migration.tag}>
              <Table.Td className={classes.mono}>{migration.tag}</Table.Td>
              <Table.Td>{formatInstant(migration.appliedAt)}</Table.Td>
              <Table.Td ta="end">{Math.round(migration.durationMs)} ms</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Framed>
  );
}
