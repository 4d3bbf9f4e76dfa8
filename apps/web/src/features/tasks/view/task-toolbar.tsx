import { useLiveQuery } from '@lockstep/sync/react';
import { ActionIcon, Button, CloseButton, Kbd, Select, TextInput } from '@mantine/core';
import { type RefObject, useState } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { useIdentity } from '../../../db/use-session.tsx';
import { IconAdjustmentsHorizontal, IconPlus, IconSearch } from '../../../ui/icons.ts';
import { allLabels } from '../../labels/queries.ts';
import { allUsers } from '../../people/queries.ts';
import { allProjects } from '../../projects/queries.ts';
import { NOBODY, TASK_SORTS, type TaskFilter, type TaskSort } from '../filter.ts';
import { StatusTabs } from './status-tabs.tsx';
import classes from './task-toolbar.module.css';

export interface TaskToolbarProps {
  readonly filter: TaskFilter;
  readonly onChange: (part: Partial<TaskFilter>) => void;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onLeaveSearch: () => void;
  readonly onCreate: () => void;
}

export function TaskToolbar({ filter, onChange, searchRef, onLeaveSearch, onCreate }: TaskToolbarProps) {
  const [isExpanded, setIsExpanded] = useState(false);
  return (
    <div className={classes.toolbar}>
      <div className={classes.row}>
        <SearchBox
          text={filter.text}
          onChange={(text) => onChange({ text })}
          inputRef={searchRef}
          onLeave={onLeaveSearch}
        />
        <ActionIcon
          className={classes.expand ?? ''}
          variant="default"
          size={30}
          aria-label="Filters"
          aria-expanded={isExpanded}
          onClick={() => setIsExpanded(!isExpanded)}
        >
          <IconAdjustmentsHorizontal size={16} />
        </ActionIcon>
        <Button
          className={classes.create ?? ''}
          leftSection={<IconPlus size={14} />}
          onClick={onCreate}
          aria-keyshortcuts="n"
        >
          New task
        </Button>
      </div>
      <FilterRow filter={filter} onChange={onChange} isExpanded={isExpanded} />
      <StatusTabs filter={filter} onChange={(status) => onChange({ status })} />
    </div>
  );
}

interface SearchBoxProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly onLeave: () => void;
}

/** Searches as one types. What is typed is the box's own, so that no key is lost while the address catches up. */
function SearchBox({ text, onChange, inputRef, onLeave }: SearchBoxProps) {
  const [typed, setTyped] = useState(text);
  // The address changed by other means: a link, the back button, "clear".
  const [seen, setSeen] = useState(text);
  if (text !== seen) {
    setSeen(text);
    setTyped(text);
  }
  const type = (value: string) => {
    setTyped(value);
    onChange(value);
  };
  return (
    <TextInput
      ref={inputRef}
      role="searchbox"
      aria-label="Search tasks"
      aria-keyshortcuts="/"
      placeholder="Search tasks"
      className={classes.search ?? ''}
      leftSection={<IconSearch size={15} />}
      rightSection={
        typed === '' ? (
          <Kbd size="xs" className="keys">
            /
          </Kbd>
        ) : (
          <CloseButton size="xs" aria-label="Clear search" onClick={() => type('')} />
        )
      }
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && typed !== '') type('');
        else if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') onLeave();
        else return;
        event.preventDefault();
      }}
    />
  );
}

interface FilterRowProps {
  readonly filter: TaskFilter;
  readonly onChange: (part: Partial<TaskFilter>) => void;
  readonly isExpanded: boolean;
}

function FilterRow({ filter, onChange, isExpanded }: FilterRowProps) {
  const db = useDb();
  const { user } = useIdentity();
  const projects = useLiveQuery(allProjects(db)).rows;
  const people = useLiveQuery(allUsers(db)).rows;
  const labels = useLiveQuery(allLabels(db)).rows;
  const keys = new Set(labels.map((label) => label.workspaceKey));
  return (
    <div className={classes.filters} data-expanded={isExpanded}>
      <Select
        aria-label="Project"
        placeholder="Project"
        clearable
        searchable
        value={filter.projectId}
        data={projects.map((project) => ({ value: project.id, label: project.name }))}
        onChange={(projectId) => onChange({ projectId })}
      />
      <Select
        aria-label="Assignee"
        placeholder="Assignee"
        clearable
        searchable
        value={filter.assigneeId}
        data={[
          { value: user.id, label: `${user.name} (you)` },
          { value: NOBODY, label: 'Nobody' },
          ...people
            .filter((person) => person.id !== user.id)
            .map((person) => ({ value: person.id, label: person.name })),
        ]}
        onChange={(assigneeId) => onChange({ assigneeId })}
      />
      <Select
        aria-label="Label"
        placeholder="Label"
        clearable
        searchable
        value={filter.labelId}
        data={labels.map((label) => ({
          value: label.id,
          // A label belongs to a workspace: the same name in two is two labels.
          label: keys.size > 1 ? `${label.name} (${label.workspaceKey ?? '…'})` : label.name,
        }))}
        onChange={(labelId) => onChange({ labelId })}
      />
      <Select
        aria-label="Sort by"
        allowDeselect={false}
        value={filter.sort}
        data={Object.entries(TASK_SORTS).map(([value, label]) => ({ value, label }))}
        onChange={(sort) => sort !== null && onChange({ sort: sort as TaskSort })}
      />
    </div>
  );
}
