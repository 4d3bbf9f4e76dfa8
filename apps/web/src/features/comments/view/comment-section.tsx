import { useLiveQuery } from '@lockstep/sync/react';
import { Button, Group, Text, Textarea, Title } from '@mantine/core';
import { type RefObject, useEffect, useState } from 'react';
import { checkValue } from '../../../db/check.ts';
import { useDb } from '../../../db/drizzle.ts';
import { useEditStore, useEdits, useIdentity } from '../../../db/use-session.tsx';
import { addComment, isCommentEditOf } from '../mutations.ts';
import { pendingComments, settledCommentEdits } from '../pending.ts';
import { commentsOfTask } from '../queries.ts';
import { useDraft } from '../use-draft.ts';
import { CommentItem, PendingCommentItem } from './comment-item.tsx';
import classes from './comments.module.css';

export interface CommentSectionProps {
  readonly taskId: string;
  readonly workspaceId: string;
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
}

export function CommentSection({ taskId, workspaceId, inputRef }: CommentSectionProps) {
  const { user } = useIdentity();
  const store = useEditStore();
  const edits = [...useEdits().values()].filter((edit) => isCommentEditOf(taskId, edit.id));
  const { rows } = useLiveQuery(commentsOfTask(useDb(), taskId));
  useEffect(() => {
    for (const id of settledCommentEdits(edits, rows)) store.drop(id);
  });
  const pending = pendingComments(edits, rows);
  return (
    <section aria-label="Comments" className={classes.section}>
      <Title order={2} className={classes.title ?? ''}>
        Comments <span className={classes.count}>{rows.length}</span>
      </Title>
      <ul className={classes.list}>
        {rows.map((row) => (
          <CommentItem key={row.comment.id} row={row} taskId={taskId} />
        ))}
        {pending.map(({ edit, body }) => (
          <PendingCommentItem key={edit.id} edit={edit} body={body} author={user.name} />
        ))}
      </ul>
      <Composer taskId={taskId} workspaceId={workspaceId} inputRef={inputRef} />
    </section>
  );
}

function Composer({ taskId, workspaceId, inputRef }: CommentSectionProps) {
  const { user } = useIdentity();
  const store = useEditStore();
  const [body, setBody] = useDraft(`comment.${taskId}`);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = () => {
    const found = checkValue('comments', 'body', body);
    setProblem(found);
    if (found !== null) return;
    void addComment(store, {
      id: crypto.randomUUID(),
      workspaceId,
      taskId,
      authorId: user.id,
      body: body.trim(),
    });
    setBody('');
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        ref={inputRef}
        aria-label="Add a comment"
        aria-keyshortcuts="c"
        placeholder="Add a comment…"
        autosize
        minRows={2}
        maxRows={10}
        value={body}
        error={problem}
        onChange={(event) => {
          setProblem(null);
          setBody(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          event.currentTarget.blur();
        }}
      />
      <Group justify="space-between" mt={6}>
        <Text fz="xs" c="dimmed" className="keys">
          Ctrl + Enter sends
        </Text>
        <Button type="submit" variant="light" disabled={body.trim() === ''}>
          Comment
        </Button>
      </Group>
    </form>
  );
}
