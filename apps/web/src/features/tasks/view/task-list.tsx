import { useLiveQuery, useSyncStatus } from '@lockstep/sync/react';
import { Button, EmptyState } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { IconInbox, IconSearchOff } from '../../../ui/icons.ts';
import { useNow } from '../../../ui/use-now.ts';
import { allLabels } from '../../labels/queries.ts';
import { isFiltered, type TaskFilter } from '../filter.ts';
import { listTasks } from '../queries.ts';
import classes from './task-list.module.css';
import { TaskRow } from './task-row.tsx';

const ROW_PX = 40;
/** Rows read at first; scrolling towards their end reads twice as many. */
const PAGE_ROWS = 150;

export interface TaskListHandle {
  /** Focus the row so many further down. */
  move(by: number): void;
  focus(): void;
}

export interface TaskListProps {
  readonly filter: TaskFilter;
  readonly query: string;
  readonly openId: string | null;
  readonly onClear: () => void;
  readonly ref: Ref<TaskListHandle>;
}

/** Only the rows in sight are in the page, and only those near them are read. */
export function TaskList({ filter, query, openId, onClear, ref }: TaskListProps) {
  const [limit, setLimit] = useState(PAGE_ROWS);
  const db = useDb();
  const tasks = useLiveQuery(listTasks(db, filter, limit));
  const { kind } = useSyncStatus();
  const now = useNow();
  const [current, setCurrent] = useState<string | null>(openId);
  const scroller = useRef<HTMLDivElement>(null);
  const labelRows = useLiveQuery(allLabels(db)).rows;
  const labels = useMemo(() => new Map(labelRows.map((label) => [label.id, label])), [labelRows]);
  const { rows } = tasks;
  // It would be React's compiler that it does not go with; here is none.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const lastVisible = items.at(-1)?.index ?? 0;

  useEffect(() => {
    // Fewer than asked for: that was all.
    if (rows.length === limit && lastVisible > limit - PAGE_ROWS / 2) setLimit(limit * 2);
  }, [rows.length, limit, lastVisible]);

  // Another filter is another list: from its top.
  useEffect(() => {
    setLimit(PAGE_ROWS);
    scroller.current?.scrollTo({ top: 0 });
  }, [query]);

  const focusRow = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    setCurrent(row.id);
    virtualizer.scrollToIndex(index);
    // The row may only be in the page after the scroll.
    requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-task-id="${row.id}"] a`)?.focus();
    });
  };
  const currentIndex = rows.findIndex((row) => row.id === current);
  useImperativeHandle(ref, () => ({
    move: (by) => focusRow(Math.min(rows.length - 1, Math.max(0, currentIndex + by))),
    focus: () => focusRow(Math.max(0, currentIndex)),
  }));

  const isEmpty = tasks.kind !== 'loading' && !tasks.isStale && rows.length === 0;
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      data-testid="task-list"
      aria-busy={tasks.isStale}
      onFocus={(event) => {
        const id = event.target.closest<HTMLElement>('[data-task-id]')?.dataset['taskId'];
        if (id !== undefined) setCurrent(id);
      }}
    >
      {tasks.error !== null && (
        <p role="alert" className={classes.problem}>
          The local database could not answer: {tasks.error.message}
        </p>
      )}
      {isEmpty && (
        <NoTasks isFiltered={isFiltered(filter)} isLoading={kind === 'loading'} onClear={onClear} />
      )}
      <ul className={classes.rows} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <TaskRow
              key={item.key}
              task={row}
              labels={labels}
              href={`/tasks/${row.id}${query}`}
              isOpen={row.id === openId}
              isCurrent={item.index === Math.max(0, currentIndex)}
              top={item.start}
              position={item.index + 1}
              now={now}
              setSize={tasks.isStale || rows.length === limit ? -1 : rows.length}
            />
          );
        })}
      </ul>
    </div>
  );
}

interface NoTasksProps {
  readonly isFiltered: boolean;
  readonly isLoading: boolean;
  readonly onClear: () => void;
}

function NoTasks({ isFiltered, isLoading, onClear }: NoTasksProps) {
  if (isFiltered) {
    return (
      <EmptyState
        mt="xl"
        icon={<IconSearchOff />}
        title="No task matches"
        description={isLoading ? 'Rows are still coming in.' : 'Try fewer words or filters.'}
      >
        <EmptyState.Actions>
          <Button variant="default" onClick={onClear}>
            Clear all filters
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      mt="xl"
      icon={<IconInbox />}
      title={isLoading ? 'Tasks are on their way' : 'No tasks yet'}
      description={isLoading ? 'They appear here as they arrive.' : 'Press n to write the first one.'}
    />
  );
}
