import { useLiveQuery } from '@lockstep/sync/react';
import { ActionIcon, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { checkValue } from '../../../db/check.ts';
import { useDb } from '../../../db/drizzle.ts';
import { useEditStore } from '../../../db/use-session.tsx';
import { COLOR_NAMES, ColorDot } from '../../../ui/color-dot.tsx';
import { IconPlus } from '../../../ui/icons.ts';
import { addLabel } from '../mutations.ts';
import { labelsOfWorkspace } from '../queries.ts';
import classes from './labels.module.css';

export function WorkspaceLabels({ workspaceId }: { readonly workspaceId: string }) {
  const { rows } = useLiveQuery(labelsOfWorkspace(useDb(), workspaceId));
  return (
    <div className={classes.labels}>
      {rows.map((label) => (
        <Link key={label.id} href={`/tasks?label=${label.id}`} className={classes.label ?? ''}>
          <ColorDot color={label.color} size={7} />
          {label.name}
        </Link>
      ))}
      <AddLabel
        workspaceId={workspaceId}
        color={COLOR_NAMES[(rows.length * 3 + 1) % COLOR_NAMES.length] ?? 'gray'}
      />
    </div>
  );
}

interface AddLabelProps {
  readonly workspaceId: string;
  readonly color: string;
}

function AddLabel({ workspaceId, color }: AddLabelProps) {
  const edits = useEditStore();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async () => {
    const found = checkValue('labels', 'name', name);
    setProblem(found);
    if (found !== null) return;
    const outcome = await addLabel(edits, { workspaceId, name: name.trim(), color });
    if (outcome.kind === 'saved') return setName('');
    setProblem('message' in outcome ? outcome.message : 'Not saved: offline.');
  };
  return (
    <form
      className={classes.add}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextInput
        aria-label="New label"
        placeholder="New label"
        w={130}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        rightSection={
          <ActionIcon
            type="submit"
            size="sm"
            variant="subtle"
            aria-label="Add label"
            disabled={name.trim() === ''}
          >
            <IconPlus size={14} />
          </ActionIcon>
        }
      />
      {problem !== null && (
        <Text role="alert" fz="xs" c="var(--app-bad)">
          {problem}
        </Text>
      )}
    </form>
  );
}
