import { Anchor, Button, Group, Textarea } from '@mantine/core';
import { comments } from '@org/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { checkValue } from '../../../db/check.ts';
import type { Edit } from '../../../db/edits.ts';
import { useEditStore, useEdits, useIdentity } from '../../../db/use-session.tsx';
import { FieldState } from '../../../ui/field-state.tsx';
import { PersonAvatar } from '../../../ui/person.tsx';
import { useNow } from '../../../ui/use-now.ts';
import { valueText } from '../../../ui/value-text.ts';
import { formatAgo, formatInstant } from '../../../ui/words.ts';
import { commentEditId, editComment } from '../mutations.ts';
import type { CommentRow } from '../queries.ts';
import classes from './comments.module.css';

export interface CommentItemProps {
  readonly row: CommentRow;
  readonly taskId: string;
}

export function CommentItem({ row, taskId }: CommentItemProps) {
  const { comment, authorName } = row;
  const { user } = useIdentity();
  const edit = useEdits().get(commentEditId(taskId, comment.id)) ?? null;
  const [isEditing, setIsEditing] = useState(false);
  const now = useNow();
  return (
    <CommentFrame
      author={authorName ?? 'Somebody who left'}
      time={comment.createdAt}
      note={comment.editedAt === null ? null : `edited ${formatAgo(comment.editedAt, now)}`}
      action={
        comment.authorId === user.id && !isEditing ? (
          <Anchor component="button" type="button" fz="xs" c="dimmed" onClick={() => setIsEditing(true)}>
            Edit
          </Anchor>
        ) : null
      }
      edit={edit}
    >
      {isEditing ? (
        <CommentEditor
          taskId={taskId}
          id={comment.id}
          body={comment.body}
          onDone={() => setIsEditing(false)}
        />
      ) : (
        (shownBody(edit) ?? comment.body)
      )}
    </CommentFrame>
  );
}

function shownBody(edit: Edit | null): string | null {
  const [write] = edit?.writes ?? [];
  return write?.operation === 'update' ? valueText(write.values[comments.body.name]) : null;
}

export interface PendingCommentItemProps {
  readonly edit: Edit;
  readonly body: string;
  readonly author: string;
}

/** A comment that is on its way, or could not be sent: its text stays. */
export function PendingCommentItem({ edit, body, author }: PendingCommentItemProps) {
  return (
    <CommentFrame author={author} time={null} note={null} action={null} edit={edit}>
      {body}
    </CommentFrame>
  );
}

interface CommentFrameProps {
  readonly author: string;
  readonly time: Date | null;
  readonly note: string | null;
  readonly action: ReactNode;
  readonly edit: Edit | null;
  readonly children: ReactNode;
}

function CommentFrame({ author, time, note, action, edit, children }: CommentFrameProps) {
  const store = useEditStore();
  const now = useNow();
  return (
    <li className={classes.comment} data-testid="comment" data-pending={edit !== null}>
      <PersonAvatar name={author} size={24} />
      <div className={classes.content}>
        <div className={classes.meta}>
          <span className={classes.author}>{author}</span>
          {time !== null && (
            <time dateTime={time.toISOString()} title={formatInstant(time)}>
              {formatAgo(time, now)}
            </time>
          )}
          {note !== null && <span>{note}</span>}
          {action}
        </div>
        <div className={classes.body}>{children}</div>
        <FieldState
          edit={edit}
          onRetry={() => edit !== null && void store.retry(edit.id)}
          onDiscard={() => edit !== null && store.drop(edit.id)}
        />
      </div>
    </li>
  );
}

interface CommentEditorProps {
  readonly taskId: string;
  readonly id: string;
  readonly body: string;
  readonly onDone: () => void;
}

function CommentEditor({ taskId, id, body, onDone }: CommentEditorProps) {
  const store = useEditStore();
  const [text, setText] = useState(body);
  const [problem, setProblem] = useState<string | null>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus(), []);
  const save = () => {
    const found = checkValue('comments', 'body', text);
    setProblem(found);
    if (found !== null) return;
    if (text.trim() !== body) void editComment(store, taskId, id, text.trim());
    onDone();
  };
  return (
    <>
      <Textarea
        ref={input}
        aria-label="Edit comment"
        autosize
        value={text}
        error={problem}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onDone();
        }}
      />
      <Group gap="xs" mt={6}>
        <Button onClick={save}>Save</Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </>
  );
}
