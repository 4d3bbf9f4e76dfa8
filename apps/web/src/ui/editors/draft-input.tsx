import { TextInput, type TextInputProps } from '@mantine/core';
import { type KeyboardEvent, useState } from 'react';
import classes from './quiet.module.css';

export interface DraftInputProps extends Omit<TextInputProps, 'value' | 'onChange' | 'onBlur' | 'onKeyDown'> {
  readonly label: string;
  readonly text: string;
  /** Called with a changed text when the field is left or Enter is pressed. */
  readonly onCommit: (text: string) => void;
}

/** A line of text that is its own while it is being typed: a row that arrives meanwhile does not take it away. */
export function DraftInput({ label, text, onCommit, ...rest }: DraftInputProps) {
  const draft = useDraftText(text, onCommit);
  return (
    <TextInput
      aria-label={label}
      placeholder="Empty"
      classNames={{ input: classes.input ?? '' }}
      {...rest}
      {...draft.props}
      onKeyDown={(event) => draft.onKeyDown(event, event.key === 'Enter')}
    />
  );
}

export interface DraftText {
  readonly props: {
    readonly value: string;
    readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
    readonly onBlur: () => void;
  };
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>, isCommit: boolean) => void;
}

/** Text typed but not committed yet. Escape gives it up and goes no further: it closes nothing around the field. */
export function useDraftText(text: string, onCommit: (text: string) => void): DraftText {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    setDraft(null);
    if (draft !== null && draft !== text) onCommit(draft);
  };
  return {
    props: {
      value: draft ?? text,
      onChange: (event) => setDraft(event.currentTarget.value),
      onBlur: commit,
    },
    onKeyDown: (event, isCommit) => {
      if (isCommit) {
        event.preventDefault();
        commit();
        event.currentTarget.blur();
      } else if (event.key === 'Escape') {
        event.stopPropagation();
        setDraft(null);
        // After the state: leaving the field would commit otherwise.
        const { currentTarget } = event;
        queueMicrotask(() => currentTarget.blur());
      }
    },
  };
}
