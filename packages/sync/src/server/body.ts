import { LockstepError } from '@lockstep/protocol';

/** Reads a request's body up to `limitBytes`. Throws `BODY_TOO_LARGE` as soon as it is more, without reading on. */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limitBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(limitBytes);
    }
    chunks.push(value);
  }
  const body = new Uint8Array(size);
  let position = 0;
  for (const chunk of chunks) {
    body.set(chunk, position);
    position += chunk.byteLength;
  }
  return body;
}

/** Reads a JSON body. Throws `BODY_TOO_LARGE`, or `REQUEST_INVALID` when it is no JSON. */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const body = await readBody(request, limitBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new LockstepError('REQUEST_INVALID', {
      message: 'The request’s body is not JSON in UTF-8.',
      remedy: 'Send a JSON object with content-type application/json.',
      cause,
    });
  }
}

function tooLarge(limitBytes: number): LockstepError {
  return new LockstepError('BODY_TOO_LARGE', {
    message: `The request's body is larger than ${limitBytes} bytes.`,
    remedy: 'Send it in smaller parts.',
    details: { limitBytes },
  });
}
