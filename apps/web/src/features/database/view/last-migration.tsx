import type { MigrationReport } from '@lockstep/sync';
import { Table, Text } from '@mantine/core';
import { Framed } from '../../../ui/page.tsx';
import { countOf, formatBytes, formatCount, formatInstant } from '../../../ui/words.ts';
import classes from './database.module.css';

export interface LastMigrationProps {
  readonly report: MigrationReport | null;
  readonly isMigrating: boolean;
}

const KIND_WORDS = {
  created: 'Created',
  resynced: 'Synced again',
  kept: 'Kept',
  dropped: 'Dropped',
} as const;

/** What the last migration touched and what it did not have to download. */
export function LastMigration({ report, isMigrating }: LastMigrationProps) {
  if (isMigrating) return <Text c="dimmed">Under way…</Text>;
  if (report === null) return <Text c="dimmed">None in this page’s session.</Text>;
  const touched = report.tables.filter((table) => table.kind !== 'kept').length;
  const kept = report.tables.reduce((sum, table) => sum + table.rowsKept, 0);
  const saved = report.tables.reduce((sum, table) => sum + table.bytesNotDownloaded, 0);
  return (
    <div data-testid="last-migration">
      <p className={classes.facts}>
        <strong>{report.from === null ? report.to : `${report.from} → ${report.to}`}</strong>{' '}
        {formatInstant(report.finishedAt)}, in {Math.round(report.durationMs)} ms.{' '}
        <strong>{countOf(touched, 'table')}</strong> touched, <strong>{countOf(kept, 'row')}</strong> kept,{' '}
        <strong>{formatBytes(saved)}</strong> not downloaded.
      </p>
      {report.summary.length > 0 && (
        <ul className={classes.summary}>
          {report.summary.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <Framed>
        <Table miw={520}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Table</Table.Th>
              <Table.Th>What happened</Table.Th>
              <Table.Th ta="end">Rows kept</Table.Th>
              <Table.Th ta="end">Downloaded</Table.Th>
              <Table.Th ta="end">Not downloaded</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.tables.map((table) => (
              <Table.Tr key={table.table} data-table={table.table} data-kind={table.kind}>
                <Table.Td className={classes.mono}>{table.table}</Table.Td>
                <Table.Td c={table.kind === 'kept' ? 'dimmed' : 'inherit'}>{KIND_WORDS[table.kind]}</Table.Td>
                <Table.Td ta="end">{formatCount(table.rowsKept)}</Table.Td>
                <Table.Td ta="end">{formatBytes(table.bytesDownloaded)}</Table.Td>
                <Table.Td ta="end">{formatBytes(table.bytesNotDownloaded)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Framed>
    </div>
  );
}
