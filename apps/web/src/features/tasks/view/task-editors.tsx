import { useLiveQuery } from '@lockstep/sync/react';
import { Group, Select } from '@mantine/core';
import type { ComponentType } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { ColorDot } from '../../../ui/color-dot.tsx';
import { DraftInput } from '../../../ui/editors/draft-input.tsx';
import type { EditorProps } from '../../../ui/editors/editor.ts';
import quiet from '../../../ui/editors/quiet.module.css';
import { ReadOnly, ReadOnlyInstant } from '../../../ui/editors/read-only.tsx';
import { PersonAvatar } from '../../../ui/person.tsx';
import { PriorityIcon } from '../../../ui/priority-icon.tsx';
import { StatusIcon } from '../../../ui/status-icon.tsx';
import { valueText } from '../../../ui/value-text.ts';
import { allUsers, membersOf } from '../../people/queries.ts';
import { allProjects } from '../../projects/queries.ts';
import { allWorkspaces } from '../../workspaces/queries.ts';
import { PRIORITY_WORDS, STATUS_WORDS, STATUSES, type TaskStatus } from '../words.ts';
import type { LocalTask } from './task-properties.tsx';

interface TaskEditorProps extends EditorProps {
  readonly task: LocalTask;
}

interface TaskEditor {
  readonly label: string;
  readonly Editor: ComponentType<TaskEditorProps>;
}

/** The columns that have an editor of their own, by property name. All others get one by their type. */
export const TASK_EDITORS: Readonly<Record<string, TaskEditor>> = {
  status: { label: 'Status', Editor: StatusEditor },
  priority: { label: 'Priority', Editor: PriorityEditor },
  assigneeId: { label: 'Assignee', Editor: AssigneeEditor },
  projectId: { label: 'Project', Editor: ProjectEditor },
  dueOn: { label: 'Due', Editor: DueEditor },
  creatorId: { label: 'Created by', Editor: CreatorView },
  createdAt: { label: 'Created', Editor: ReadOnlyInstant },
  updatedAt: { label: 'Updated', Editor: ReadOnlyInstant },
  number: { label: 'Number', Editor: ({ value }) => <ReadOnly text={valueText(value)} /> },
  workspaceId: { label: 'Workspace', Editor: WorkspaceView },
};

const classNames = { input: quiet['input'] ?? '' };

function StatusEditor({ label, value, onSave }: TaskEditorProps) {
  const status = value as TaskStatus;
  return (
    <Select
      aria-label={label}
      classNames={classNames}
      allowDeselect={false}
      leftSection={<StatusIcon status={status} />}
      value={status}
      data={STATUSES.map((option) => ({ value: option, label: STATUS_WORDS[option] }))}
      renderOption={({ option }) => (
        <Group gap="xs">
          <StatusIcon status={option.value as TaskStatus} />
          {option.label}
        </Group>
      )}
      onChange={onSave}
    />
  );
}

function PriorityEditor({ label, value, onSave }: TaskEditorProps) {
  return (
    <Select
      aria-label={label}
      classNames={classNames}
      allowDeselect={false}
      leftSection={<PriorityIcon priority={Number(value)} />}
      value={String(value)}
      data={PRIORITY_WORDS.map((word, priority) => ({ value: String(priority), label: word }))}
      renderOption={({ option }) => (
        <Group gap="xs">
          <PriorityIcon priority={Number(option.value)} />
          {option.label}
        </Group>
      )}
      onChange={(priority) => priority !== null && onSave(Number(priority))}
    />
  );
}

function AssigneeEditor({ label, value, onSave, task }: TaskEditorProps) {
  const people = useLiveQuery(membersOf(useDb(), task.workspaceId)).rows;
  const current = people.find((person) => person.id === value);
  return (
    <Select
      aria-label={label}
      placeholder="Nobody"
      classNames={classNames}
      clearable
      searchable
      leftSection={current === undefined ? undefined : <PersonAvatar name={current.name} size={16} />}
      value={typeof value === 'string' ? value : null}
      data={people.map((person) => ({ value: person.id, label: person.name }))}
      nothingFoundMessage="Nobody by that name"
      onChange={onSave}
    />
  );
}

function ProjectEditor({ label, value, onSave, task }: TaskEditorProps) {
  const projects = useLiveQuery(allProjects(useDb())).rows;
  const current = projects.find((project) => project.id === value);
  return (
    <Select
      aria-label={label}
      classNames={classNames}
      allowDeselect={false}
      searchable
      leftSection={current === undefined ? undefined : <ColorDot color={current.color} />}
      value={typeof value === 'string' ? value : null}
      data={projects
        .filter((project) => project.workspaceId === task.workspaceId)
        .filter((project) => !project.isArchived || project.id === value)
        .map((project) => ({ value: project.id, label: project.name }))}
      onChange={onSave}
    />
  );
}

function DueEditor({ label, value, onSave }: TaskEditorProps) {
  return (
    <DraftInput
      type="date"
      label={label}
      text={valueText(value)}
      onCommit={(text) => onSave(text === '' ? null : text)}
    />
  );
}

function CreatorView({ value }: TaskEditorProps) {
  const people = useLiveQuery(allUsers(useDb())).rows;
  return <ReadOnly text={people.find((person) => person.id === value)?.name ?? null} />;
}

function WorkspaceView({ value }: TaskEditorProps) {
  const workspaces = useLiveQuery(allWorkspaces(useDb())).rows;
  return <ReadOnly text={workspaces.find((workspace) => workspace.id === value)?.name ?? null} />;
}
