import { useLiveQuery } from '@lockstep/sync/react';
import { Button, Group, Modal, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { checkValue } from '../../../db/check.ts';
import { useDb } from '../../../db/drizzle.ts';
import { useEditStore, useIdentity } from '../../../db/use-session.tsx';
import type { WriteOutcome } from '../../../db/writes.ts';
import { membersOf } from '../../people/queries.ts';
import { activeProjects } from '../../projects/queries.ts';
import { createTask } from '../mutations.ts';
import { PRIORITY_WORDS } from '../words.ts';

export interface NewTaskDialogProps {
  /** Chosen at first, when it still takes tasks. */
  readonly projectId: string | null;
  readonly onClose: () => void;
  readonly onCreated: (taskId: string) => void;
}

export function NewTaskDialog({ projectId, onClose, onCreated }: NewTaskDialogProps) {
  const db = useDb();
  const { user } = useIdentity();
  const edits = useEditStore();
  const projects = useLiveQuery(activeProjects(db)).rows;
  const [form, setForm] = useState({
    title: '',
    description: '',
    projectId,
    priority: 0,
    assigneeId: null as string | null,
  });
  const [problem, setProblem] = useState<string | null>(null);
  const [isSaving, setIsSaving] = useState(false);
  const project = projects.find(({ id }) => id === form.projectId) ?? projects[0];
  const people = useLiveQuery(membersOf(db, project?.workspaceId ?? NO_ID)).rows;
  const set = (part: Partial<typeof form>) => setForm({ ...form, ...part });

  const submit = async () => {
    if (project === undefined) return setProblem('There is no project to put it in.');
    const found = checkValue('tasks', 'title', form.title);
    if (found !== null) return setProblem(found);
    setIsSaving(true);
    setProblem(null);
    const { id, outcome } = await createTask(edits, {
      ...form,
      title: form.title.trim(),
      status: 'todo',
      projectId: project.id,
      workspaceId: project.workspaceId,
      creatorId: user.id,
    });
    setIsSaving(false);
    if (outcome.kind === 'saved') onCreated(id);
    else setProblem(describe(outcome));
  };

  return (
    <Modal opened onClose={onClose} title="New task" size="lg" radius="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Title"
            size="sm"
            data-autofocus
            value={form.title}
            onChange={(event) => set({ title: event.currentTarget.value })}
          />
          <Textarea
            label="Description"
            autosize
            minRows={3}
            maxRows={12}
            value={form.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
            <Select
              label="Project"
              searchable
              allowDeselect={false}
              value={project?.id ?? null}
              data={projects.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(id) => set({ projectId: id, assigneeId: null })}
            />
            <Select
              label="Assignee"
              placeholder="Nobody"
              clearable
              searchable
              value={form.assigneeId}
              data={people.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(assigneeId) => set({ assigneeId })}
            />
            <Select
              label="Priority"
              allowDeselect={false}
              value={String(form.priority)}
              data={PRIORITY_WORDS.map((word, priority) => ({ value: String(priority), label: word }))}
              onChange={(priority) => set({ priority: Number(priority) })}
            />
          </SimpleGrid>
          {problem !== null && (
            <Text role="alert" fz="sm" c="var(--app-bad)">
              {problem}
            </Text>
          )}
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isSaving}>
              Create task
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Stands for the workspace of a project that is not there: no row has it. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

function describe(failure: Exclude<WriteOutcome, { kind: 'saved' }>): string {
  if (failure.kind === 'offline')
    return 'Not saved: offline. Create it again when the server can be reached.';
  if (failure.kind === 'too-old') return 'Not saved: this page is too old. Copy the text and reload.';
  return failure.message;
}
