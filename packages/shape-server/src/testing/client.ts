import { isChangeMessage, Shape, ShapeStream, type ShapeStreamOptions } from '@electric-sql/client';

export interface FollowedShape {
  readonly stream: ShapeStream;
  /** The rows that the official client holds now, by key. */
  readonly rows: () => ReadonlyMap<string, Record<string, unknown>>;
  /** How often the client had to start over. */
  readonly refetches: () => number;
  /** How often it got a row that it already had as an insert, or a change of a row that it had not. */
  readonly contradictions: () => number;
  stop(): void;
}

/** Values stay the texts that were sent. */
const asText = (value: string) => value;
const TEXT_PARSER = Object.fromEntries(
  ['int2', 'int4', 'int8', 'float4', 'float8', 'bool', 'json', 'jsonb'].map((type) => [type, asText]),
);

/** Follows a shape with the published client, as an application would. */
export function followShape(
  url: string,
  params: Record<string, unknown>,
  options: Partial<ShapeStreamOptions> = {},
): FollowedShape {
  const abort = new AbortController();
  const stream = new ShapeStream({
    url: `${url}/v1/shape`,
    params: params as never,
    parser: TEXT_PARSER as never,
    signal: abort.signal,
    onError: () => ({}),
    ...options,
  });
  const shape = new Shape(stream as never);
  const held = new Set<string>();
  let refetches = 0;
  let contradictions = 0;
  stream.subscribe((messages) => {
    for (const message of messages) {
      if (!isChangeMessage(message)) {
        if (message.headers.control !== 'must-refetch') continue;
        refetches += 1;
        held.clear();
        continue;
      }
      const isInsert = message.headers.operation === 'insert';
      if (isInsert === held.has(message.key)) contradictions += 1;
      if (message.headers.operation === 'delete') held.delete(message.key);
      else held.add(message.key);
    }
  });
  return {
    stream,
    rows: () => shape.currentValue as ReadonlyMap<string, Record<string, unknown>>,
    refetches: () => refetches,
    contradictions: () => contradictions,
    stop: () => abort.abort(),
  };
}
