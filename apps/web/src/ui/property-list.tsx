import type { ReactNode } from 'react';
import type { Edit } from '../db/edits.ts';
import { FieldState } from './field-state.tsx';
import classes from './property-list.module.css';
import { valueText } from './value-text.ts';

export function PropertyList({ children }: { readonly children: ReactNode }) {
  return <dl className={classes.list}>{children}</dl>;
}

export interface PropertyProps {
  /** The column's name, for tests and styles: `data-column`. */
  readonly column: string;
  readonly label: string;
  /** The row's own value, without edits on their way: `data-value`. */
  readonly value: unknown;
  readonly edit?: Edit | null;
  readonly onRetry?: () => void;
  readonly onDiscard?: () => void;
  readonly children: ReactNode;
}

const nothing = () => {};

/** A label, its value or editor, and below it what became of an edit. */
export function Property({ column, label, value, edit, onRetry, onDiscard, children }: PropertyProps) {
  return (
    <div
      className={classes.property}
      data-column={column}
      data-value={valueText(value)}
      data-pending={edit !== null && edit !== undefined}
    >
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>
        {children}
        <FieldState edit={edit ?? null} onRetry={onRetry ?? nothing} onDiscard={onDiscard ?? nothing} />
      </dd>
    </div>
  );
}
