import { useLocalDatabase } from '@lockstep/sync/react';
import { Button, Group, Table, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Framed } from '../../../ui/page.tsx';
import { countOf } from '../../../ui/words.ts';
import { cellText, type QueryResult, ROWS_SHOWN_MAX, runReadOnly } from '../read-only-query.ts';
import classes from './database.module.css';

const EXAMPLE = `SELECT status, count(*) FROM tasks GROUP BY status ORDER BY count(*) DESC`;

/** SQL on the local database, read only. */
export function QueryBox() {
  const database = useLocalDatabase();
  const [sql, setSql] = useState(EXAMPLE);
  const [result, setResult] = useState<QueryResult | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isRunning, setIsRunning] = useState(false);
  const run = async () => {
    setIsRunning(true);
    setProblem(null);
    try {
      setResult(await runReadOnly(database, sql));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setIsRunning(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Textarea
        aria-label="SQL"
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        classNames={{ input: classes.mono ?? '' }}
        value={sql}
        onChange={(event) => setSql(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run();
        }}
      />
      <Group justify="space-between" my="xs">
        <Text fz="xs" c="dimmed" className="keys">
          Ctrl + Enter runs
        </Text>
        <Button type="submit" variant="light" loading={isRunning} disabled={sql.trim() === ''}>
          Run
        </Button>
      </Group>
      {problem !== null && (
        <Text role="alert" fz="sm" c="var(--app-bad)" className={classes.mono ?? ''}>
          {problem}
        </Text>
      )}
      {problem === null && result !== null && <ResultTable result={result} />}
    </form>
  );
}

function ResultTable({ result }: { readonly result: QueryResult }) {
  const { columns, rows, rowCount, durationMs } = result;
  const shown = rowCount > rows.length ? `, the first ${ROWS_SHOWN_MAX} shown` : '';
  return (
    <div data-testid="query-result">
      <Framed>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {columns.map((column, index) => (
                // Names may repeat in a result; places don't.
                // oxlint-disable-next-line react/no-array-index-key
                <Table.Th key={index}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row, rowIndex) => (
              // A result has no key.
              // oxlint-disable-next-line react/no-array-index-key
              <Table.Tr key={rowIndex}>
                {row.map((value, index) => (
                  // oxlint-disable-next-line react/no-array-index-key
                  <Table.Td key={index} className={classes.cell} data-null={value === null}>
                    {cellText(value)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Framed>
      <Text fz="xs" c="dimmed" mt={4}>
        {countOf(rowCount, 'row')}
        {shown}, {Math.round(durationMs)} ms
      </Text>
    </div>
  );
}
