import { useLiveQuery } from '@lockstep/sync/react';
import { UnstyledButton } from '@mantine/core';
import { useDb } from '../../../db/drizzle.ts';
import { StatusIcon } from '../../../ui/status-icon.tsx';
import { formatCount } from '../../../ui/words.ts';
import type { TaskFilter } from '../filter.ts';
import { countTasksByStatus } from '../queries.ts';
import { STATUS_WORDS, STATUSES, type TaskStatus } from '../words.ts';
import classes from './task-toolbar.module.css';

export interface StatusTabsProps {
  readonly filter: TaskFilter;
  readonly onChange: (status: TaskStatus | null) => void;
}

/** The statuses with how many tasks match in each; one can be chosen. */
export function StatusTabs({ filter, onChange }: StatusTabsProps) {
  const { rows, kind } = useLiveQuery(countTasksByStatus(useDb(), filter));
  // Before the first answer there is no number, not even none.
  const known = (count: number) => (kind === 'loading' ? null : count);
  const counts = new Map(rows.map((row) => [row.status, row.count]));
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  return (
    <div className={classes.tabs} role="group" aria-label="Status">
      <Tab isChosen={filter.status === null} count={known(total)} onChoose={() => onChange(null)}>
        All
      </Tab>
      {STATUSES.map((status) => (
        <Tab
          key={status}
          isChosen={filter.status === status}
          count={known(counts.get(status) ?? 0)}
          onChoose={() => onChange(filter.status === status ? null : status)}
        >
          <StatusIcon status={status} />
          {STATUS_WORDS[status]}
        </Tab>
      ))}
    </div>
  );
}

interface TabProps {
  readonly isChosen: boolean;
  /** Null while it isn't known. */
  readonly count: number | null;
  readonly onChoose: () => void;
  readonly children: React.ReactNode;
}

function Tab({ isChosen, count, onChoose, children }: TabProps) {
  return (
    <UnstyledButton className={classes.tab ?? ''} aria-pressed={isChosen} onClick={onChoose}>
      {children}
      <span className={classes.tabCount}>{count === null ? '' : formatCount(count)}</span>
    </UnstyledButton>
  );
}
