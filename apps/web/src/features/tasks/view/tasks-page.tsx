import { useRef, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useShortcuts } from '../../../shell/shortcuts.ts';
import { useTaskFilter } from '../use-task-filter.ts';
import { NewTaskDialog } from './new-task-dialog.tsx';
import { TaskList, type TaskListHandle } from './task-list.tsx';
import { TaskPanel } from './task-panel.tsx';
import { TaskToolbar } from './task-toolbar.tsx';
import classes from './tasks-page.module.css';

/** The list, and beside it (on a phone: over it) the task that the address names. */
export function TasksPage() {
  const { id } = useParams<{ readonly id?: string }>();
  const [, navigate] = useLocation();
  const { filter, change, query } = useTaskFilter();
  const [isCreating, setIsCreating] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<TaskListHandle>(null);
  const open = (taskId: string) => navigate(`/tasks/${taskId}${query}`);
  const close = () => {
    navigate(`/tasks${query}`);
    list.current?.focus();
  };

  useShortcuts({
    '/': (event) => {
      event.preventDefault();
      search.current?.focus();
    },
    j: () => list.current?.move(1),
    k: () => list.current?.move(-1),
    n: (event) => {
      event.preventDefault();
      setIsCreating(true);
    },
    Escape: () => id !== undefined && close(),
  });

  return (
    <div className={classes.page} data-open={id !== undefined}>
      <title>Tasks · Lockstep</title>
      <section className={classes.list} aria-label="Tasks">
        <TaskToolbar
          filter={filter}
          onChange={change}
          searchRef={search}
          onLeaveSearch={() => list.current?.focus()}
          onCreate={() => setIsCreating(true)}
        />
        <TaskList
          ref={list}
          filter={filter}
          query={query}
          openId={id ?? null}
          onClear={() => change(NO_FILTER)}
        />
      </section>
      {id !== undefined && <TaskPanel key={id} id={id} onClose={close} />}
      {isCreating && (
        <NewTaskDialog
          projectId={filter.projectId}
          onClose={() => setIsCreating(false)}
          onCreated={(taskId) => {
            setIsCreating(false);
            open(taskId);
          }}
        />
      )}
    </div>
  );
}

const NO_FILTER = {
  text: '',
  status: null,
  projectId: null,
  workspaceId: null,
  assigneeId: null,
  labelId: null,
} as const;
