import { NumberInput, Select, Switch } from '@mantine/core';
import type { Column } from 'drizzle-orm';
import { useState } from 'react';
import { valueText } from '../value-text.ts';
import { humanize } from '../words.ts';
import { columnKind } from './column-kind.ts';
import { DraftInput } from './draft-input.tsx';
import type { EditorProps } from './editor.ts';
import classes from './quiet.module.css';
import { ReadOnly, ReadOnlyInstant } from './read-only.tsx';

const quiet = { input: classes.input ?? '' };

/** Any column, by its type: what a column of the schema gets that nobody wrote an editor for. */
export function ColumnEditor({ column, ...props }: EditorProps & { readonly column: Column }) {
  const kind = columnKind(column);
  const { label, value, onSave } = props;
  const isNullable = !column.notNull;
  switch (kind.kind) {
    case 'number':
      return <NumberEditor {...props} isWhole={kind.isWhole} isNullable={isNullable} />;
    case 'boolean':
      return (
        <Switch
          aria-label={label}
          pt={7}
          pl={8}
          checked={value === true}
          onChange={(event) => onSave(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          aria-label={label}
          placeholder="Empty"
          classNames={quiet}
          clearable={isNullable}
          allowDeselect={false}
          value={typeof value === 'string' ? value : null}
          data={kind.options.map((option) => ({ value: option, label: humanize(option) }))}
          onChange={onSave}
        />
      );
    case 'date':
      return (
        <DraftInput type="date" label={label} text={valueText(value).slice(0, 10)} onCommit={saveText} />
      );
    case 'instant':
      return (
        <DraftInput
          type="datetime-local"
          label={label}
          text={localInstantText(value)}
          onCommit={(text) => saveText(text === '' ? '' : new Date(text).toISOString())}
        />
      );
    case 'digits':
      return <DraftInput inputMode="numeric" label={label} text={valueText(value)} onCommit={saveText} />;
    case 'text':
      return (
        <DraftInput
          label={label}
          text={valueText(value)}
          onCommit={(text) => onSave(text === '' && isNullable ? null : text)}
        />
      );
    case 'read-only':
      if (value instanceof Date) return <ReadOnlyInstant value={value} />;
      return <ReadOnly isCode text={valueText(value) === '' ? null : valueText(value)} />;
  }

  function saveText(text: string) {
    if (text === '' && !isNullable) return;
    onSave(text === '' ? null : text);
  }
}

interface NumberEditorProps extends EditorProps {
  readonly isWhole: boolean;
  readonly isNullable: boolean;
}

function NumberEditor({ label, value, onSave, isWhole, isNullable }: NumberEditorProps) {
  const live = typeof value === 'number' ? value : '';
  const [draft, setDraft] = useState<string | number | null>(null);
  const commit = () => {
    setDraft(null);
    if (draft === null || draft === live) return;
    if (draft === '') {
      if (isNullable) onSave(null);
      return;
    }
    const number = Number(draft);
    if (Number.isFinite(number)) onSave(number);
  };
  return (
    <NumberInput
      aria-label={label}
      placeholder="Empty"
      classNames={quiet}
      hideControls
      allowDecimal={!isWhole}
      value={draft ?? live}
      onChange={setDraft}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        setDraft(null);
      }}
    />
  );
}

/** What `datetime-local` takes: local time to the minute. */
function localInstantText(value: unknown): string {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return '';
  const local = new Date(value.getTime() - value.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
