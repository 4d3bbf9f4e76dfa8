import * as z from 'zod';

/**
 * One request carries the live positions of many shapes (decision 13), so that a page needs one connection.
 * Request: `POST <shapes url>/live` with `multiplexRequestSchema` as JSON.
 * Response: a sequence of parts; each is one line of JSON (`MultiplexPartHead`), a newline, then `bytes` bytes of body.
 * The server answers as soon as one shape has something, with every shape that has by then; the client asks again.
 * An answer without parts means that nothing happened within the time.
 */
export const multiplexRequestSchema = z.object({
  /**
   * The version header that the client saw last. When another version is applied by now, or comes to be, the server
   * answers at once, so that a client learns of a deploy without waiting out its poll.
   */
  seen: z.string().max(500).optional(),
  requests: z
    .array(
      z.object({
        /** Chosen by the client, unique in the request. */
        id: z.string().max(100),
        shape: z.string().max(100),
        /** The query string of a live shape request, without the leading `?`. */
        query: z.string().max(8192),
      }),
    )
    .min(1)
    .max(100),
});
export type MultiplexRequest = z.infer<typeof multiplexRequestSchema>;

export const MULTIPLEX_CONTENT_TYPE = 'application/vnd.lockstep.shapes';

const partHeadSchema = z.object({
  id: z.string(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  bytes: z.number().int().nonnegative(),
});
export type MultiplexPartHead = z.infer<typeof partHeadSchema>;

export interface MultiplexPart {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const NEWLINE = 10;

export function encodeMultiplexPart(part: MultiplexPart): Uint8Array {
  const head: MultiplexPartHead = {
    id: part.id,
    status: part.status,
    headers: { ...part.headers },
    bytes: part.body.byteLength,
  };
  const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
  const bytes = new Uint8Array(line.byteLength + part.body.byteLength);
  bytes.set(line);
  bytes.set(part.body, line.byteLength);
  return bytes;
}

/** Reads a whole response body. Throws when it is cut short or malformed: the caller asks again. */
export function decodeMultiplexParts(bytes: Uint8Array): MultiplexPart[] {
  const parts: MultiplexPart[] = [];
  const decoder = new TextDecoder();
  let position = 0;
  while (position < bytes.byteLength) {
    const end = bytes.indexOf(NEWLINE, position);
    if (end === -1) throw new RangeError('A multiplexed answer ends inside a part head.');
    const head = partHeadSchema.parse(JSON.parse(decoder.decode(bytes.subarray(position, end))));
    const bodyEnd = end + 1 + head.bytes;
    if (bodyEnd > bytes.byteLength) throw new RangeError('A multiplexed answer ends inside a part body.');
    parts.push({
      id: head.id,
      status: head.status,
      headers: head.headers,
      body: bytes.subarray(end + 1, bodyEnd),
    });
    position = bodyEnd;
  }
  return parts;
}
