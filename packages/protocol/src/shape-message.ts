import * as z from 'zod';

/** A row's values as Postgres wrote them (text output), or null. */
export type RowText = Readonly<Record<string, string | null>>;

const relationSchema = z.tuple([z.string(), z.string()]);
const rowTextSchema = z.record(z.string(), z.string().nullable());

/** A change of a row. Rows of a snapshot carry no `lsn`, `op_position` nor `txids`. */
export const changeMessageSchema = z.object({
  key: z.string(),
  value: rowTextSchema,
  old_value: rowTextSchema.optional(),
  headers: z.looseObject({
    operation: z.enum(['insert', 'update', 'delete']),
    relation: relationSchema.optional(),
    txids: z.array(z.number()).optional(),
    lsn: z.string().optional(),
    op_position: z.number().optional(),
    last: z.boolean().optional(),
    key_change_to: z.string().optional(),
    key_change_from: z.string().optional(),
  }),
});
export type ChangeMessage = z.infer<typeof changeMessageSchema>;

export const controlMessageSchema = z.object({
  headers: z.looseObject({
    control: z.string(),
    global_last_seen_lsn: z.string().optional(),
    xmin: z.string().optional(),
    xmax: z.string().optional(),
    xip_list: z.array(z.string()).optional(),
  }),
});
export type ControlMessage = z.infer<typeof controlMessageSchema>;

export type ShapeMessage = ChangeMessage | ControlMessage;

export function isChangeMessage(message: ShapeMessage): message is ChangeMessage {
  return 'key' in message;
}

/** A row's identity in shape messages: `"public"."item_labels"/"1"/"2"`; `/` doubled in every part, `.` in the name's, `_` for NULL. */
export function formatRowKey(schema: string, table: string, keyValues: readonly (string | null)[]): string {
  const part = (text: string) => text.replaceAll('/', '//').replaceAll('.', '..');
  const values = keyValues.map((value) => (value === null ? '_' : `"${value.replaceAll('/', '//')}"`));
  return [`"${part(schema)}"."${part(table)}"`, ...values].join('/');
}
