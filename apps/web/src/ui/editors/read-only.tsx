import { formatInstant } from '../words.ts';
import classes from './quiet.module.css';

/** A value that is only shown. */
export function ReadOnly({
  text,
  isCode = false,
}: {
  readonly text: string | null;
  readonly isCode?: boolean;
}) {
  const style = [classes.text, isCode ? classes.code : '', text === null ? classes.empty : ''].join(' ');
  return <div className={style}>{text ?? 'Empty'}</div>;
}

export function ReadOnlyInstant({ value }: { readonly value: unknown }) {
  if (!(value instanceof Date)) return <ReadOnly text={null} />;
  return (
    <div className={classes.text}>
      <time dateTime={value.toISOString()}>{formatInstant(value)}</time>
    </div>
  );
}
