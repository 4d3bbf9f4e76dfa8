import type { Inspection, ShapeStatus } from '@lockstep/sync';
import { Badge, Table, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { IconChevronRight } from '../../../ui/icons.ts';
import { Framed } from '../../../ui/page.tsx';
import { formatBytes, formatCount } from '../../../ui/words.ts';
import classes from './database.module.css';

export interface TableListProps {
  readonly tables: Inspection['tables'];
  readonly shapes: Readonly<Record<string, ShapeStatus>>;
}

export function TableList({ tables, shapes }: TableListProps) {
  return (
    <Framed>
      <Table miw={720}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Table</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th ta="end">Rows</Table.Th>
            <Table.Th ta="end">Received</Table.Th>
            <Table.Th ta="end">Load</Table.Th>
            <Table.Th>Position</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tables.map((table) => (
            <TableRow
              key={table.table}
              table={table}
              status={table.shape === null ? undefined : shapes[table.shape]}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Framed>
  );
}

interface TableRowProps {
  readonly table: Inspection['tables'][number];
  readonly status: ShapeStatus | undefined;
}

function TableRow({ table, status }: TableRowProps) {
  const [isOpen, setIsOpen] = useState(false);
  const position = status?.position ?? table.position;
  return (
    <>
      <Table.Tr data-table={table.table} data-rows={table.rows} data-offset={position?.offset}>
        <Table.Td>
          <UnstyledButton
            className={classes.toggle ?? ''}
            aria-expanded={isOpen}
            onClick={() => setIsOpen(!isOpen)}
          >
            <IconChevronRight size={14} aria-hidden="true" />
            <span className={classes.mono}>{table.table}</span>
            <Text span fz="xs" c="dimmed">
              {table.columns.length} columns
            </Text>
          </UnstyledButton>
        </Table.Td>
        <Table.Td>
          <ShapeBadge status={status} />
        </Table.Td>
        <Table.Td ta="end">{formatCount(table.rows)}</Table.Td>
        <Table.Td ta="end" c="dimmed">
          {status === undefined ? '' : `${formatCount(status.rows)} · ${formatBytes(status.bytes)}`}
        </Table.Td>
        <Table.Td ta="end" c="dimmed">
          {status?.loadMs === undefined ? '' : `${formatCount(status.loadMs)} ms`}
        </Table.Td>
        <Table.Td className={classes.position} title={position?.handle}>
          {position?.offset ?? 'none'}
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <ul className={classes.columns}>
              {table.columns.map((column) => (
                <li key={column.name}>
                  <span className={classes.mono}>{column.name}</span>{' '}
                  <Text span fz="xs" c="dimmed">
                    {column.type}
                  </Text>
                </li>
              ))}
            </ul>
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

const TONES: Readonly<Record<ShapeStatus['kind'], string>> = {
  connecting: 'gray',
  loading: 'iris',
  live: 'green',
  refetching: 'iris',
  offline: 'yellow',
  paused: 'gray',
  waiting: 'gray',
  'schema-behind': 'orange',
  failed: 'red',
};

function ShapeBadge({ status }: Pick<TableRowProps, 'status'>) {
  if (status === undefined) return null;
  const detail =
    status.kind === 'schema-behind'
      ? `No longer on the server: ${status.missing.join(', ')}`
      : status.kind === 'failed'
        ? `${status.error.message} ${status.error.remedy}`
        : undefined;
  return (
    <>
      <Badge size="sm" variant="light" color={TONES[status.kind]} tt="none" fw={500}>
        {status.kind}
      </Badge>
      {detail !== undefined && (
        <Text fz="xs" c="dimmed">
          {detail}
        </Text>
      )}
    </>
  );
}
