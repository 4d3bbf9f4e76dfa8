import { isChangeMessage, type ShapeMessage } from '@lockstep/protocol';
import type { Answer } from './batch.ts';

/** The control message that stands for rows which were taken out of an answer's body. */
const ROWS_CONTROL = 'lockstep-rows';

/** An answer with what isn't rows: events that this bridge does not understand. */
export interface RawAnswer extends Answer {
  readonly events: readonly string[];
}

/**
 * Keeps rows on their way past the Electric client, which would parse them by type: the client gets the control
 * messages and a ticket, and hands the ticket over when the answer is due.
 */
export interface RowStore {
  /** Reserves a place in the order of requests. */
  reserve(): number;
  /** The answer without its rows, as the client shall see it. */
  keep(ticket: number, response: Response): Promise<Response>;
  /** The answer that a ticket stands for; answers that were asked for earlier and never delivered are dropped. */
  take(ticket: number): RawAnswer | undefined;
}

export function createRowStore(): RowStore {
  const answers = new Map<number, RawAnswer>();
  let last = 0;
  return {
    reserve: () => (last += 1),
    async keep(ticket, response) {
      const body = await response.arrayBuffer();
      const messages: unknown = body.byteLength === 0 ? [] : JSON.parse(new TextDecoder().decode(body));
      if (!Array.isArray(messages)) return new Response(body, response);
      answers.set(ticket, toAnswer(messages as ShapeMessage[], response.headers, body.byteLength));
      return toClientResponse(ticket, messages as ShapeMessage[], response);
    },
    take(ticket) {
      const answer = answers.get(ticket);
      for (const older of answers.keys()) if (older <= ticket) answers.delete(older);
      return answer;
    },
  };
}

/** The ticket in a control message, or null when it is another one. */
export function ticketOf(headers: Readonly<Record<string, unknown>>): number | null {
  return headers.control === ROWS_CONTROL && typeof headers.ticket === 'number' ? headers.ticket : null;
}

function toAnswer(messages: readonly ShapeMessage[], headers: Headers, bytes: number): RawAnswer {
  const last = messages.at(-1);
  return {
    changes: messages.filter(isChangeMessage),
    position: {
      handle: headers.get('electric-handle') ?? '',
      offset: headers.get('electric-offset') ?? '',
    },
    isUpToDate: last !== undefined && last.headers.control === 'up-to-date',
    bytes,
    events: messages.flatMap(({ headers: { event } }) => (typeof event === 'string' ? [event] : [])),
  };
}

function toClientResponse(ticket: number, messages: readonly ShapeMessage[], response: Response): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  // Without column types the client has nothing to parse, whatever it is given.
  if (headers.has('electric-schema')) headers.set('electric-schema', '{}');
  const controls = messages.filter((message) => !isChangeMessage(message));
  const body = JSON.stringify([{ headers: { control: ROWS_CONTROL, ticket } }, ...controls]);
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}
