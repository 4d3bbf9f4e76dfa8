import { Anchor, Text } from '@mantine/core';
import type { Edit } from '../db/edits.ts';
import { useAppShellCache } from '../shell/app-shell-cache.tsx';
import classes from './field-state.module.css';

export interface FieldStateProps {
  readonly edit: Edit | null;
  readonly onRetry: () => void;
  readonly onDiscard: () => void;
}

/** What became of an edit, in words, beside the field: nothing when it is saved. */
export function FieldState({ edit, onRetry, onDiscard }: FieldStateProps) {
  return (
    <span className={classes.live} aria-live="polite" data-testid="field-state">
      {edit !== null && <FieldStateContent edit={edit} onRetry={onRetry} onDiscard={onDiscard} />}
    </span>
  );
}

function FieldStateContent({ edit, onRetry, onDiscard }: FieldStateProps & { readonly edit: Edit }) {
  const { reload } = useAppShellCache();
  const { state } = edit;
  if (state.kind !== 'failed') {
    return (
      <Text span className={classes.saving}>
        Saving…
      </Text>
    );
  }
  const { failure } = state;
  const discard = (
    <Anchor component="button" type="button" fz="xs" c="dimmed" onClick={onDiscard}>
      Discard
    </Anchor>
  );
  const retry = (
    <Anchor component="button" type="button" fz="xs" onClick={onRetry}>
      Retry
    </Anchor>
  );
  if (failure.kind === 'offline') {
    return (
      <span className={classes.warn}>
        Not saved: offline {retry} {discard}
      </span>
    );
  }
  if (failure.kind === 'too-old') {
    return (
      <span className={classes.warn}>
        Not saved: this page is too old{' '}
        <Anchor component="button" type="button" fz="xs" onClick={() => void reload()}>
          Reload
        </Anchor>{' '}
        {discard}
      </span>
    );
  }
  if (failure.kind === 'invalid') {
    return (
      <span className={classes.bad}>
        {failure.message} {discard}
      </span>
    );
  }
  return (
    <span className={classes.bad}>
      Not saved: {failure.message} {retry} {discard}
    </span>
  );
}
