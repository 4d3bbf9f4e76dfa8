/** How often a request meets what, each 0 to 1. */
export interface FaultRates {
  readonly lost: number;
  readonly unavailable: number;
  readonly cut: number;
  /** The shape's handle is replaced: 409, and a new snapshot. */
  readonly rotated: number;
}

/** A network between a client and a real server that fails in reproducible ways. */
export function withFaults(fetcher: typeof fetch, random: () => number, rates: FaultRates) {
  let isOn = true;
  /** Replaced handles are told apart by a suffix that the server never sees. */
  const epochs = new Map<string, number>();
  const counts = { lost: 0, unavailable: 0, cut: 0, rotated: 0 };

  const faulty: typeof fetch = async (input, init) => {
    const url = new URL(input as string | URL);
    const shape = url.pathname;
    if (shape.endsWith('/live')) return new Response('', { status: 404 });
    const dice = random();
    if (isOn && dice < rates.lost) {
      counts.lost += 1;
      throw new TypeError('fetch failed');
    }
    if (isOn && dice < rates.lost + rates.unavailable) {
      counts.unavailable += 1;
      return new Response('{}', { status: 503 });
    }
    if (isOn && random() < rates.rotated) {
      counts.rotated += 1;
      epochs.set(shape, (epochs.get(shape) ?? 0) + 1);
    }
    const epoch = epochs.get(shape) ?? 0;
    const [handle, theirs] = (url.searchParams.get('handle') ?? '').split('~');
    if (handle !== undefined && handle !== '') {
      const isFirst = url.searchParams.get('offset') === '-1';
      if (!isFirst && Number(theirs ?? 0) !== epoch) return rotated(`${handle}~${epoch}`);
      url.searchParams.set('handle', handle);
    }
    return answer(await fetcher(url, init), epoch);
  };

  async function answer(response: Response, epoch: number): Promise<Response> {
    const headers = new Headers(response.headers);
    const handle = headers.get('electric-handle');
    if (handle !== null) headers.set('electric-handle', `${handle}~${epoch}`);
    const body = await response.arrayBuffer();
    const isCut = isOn && handle !== null && random() < rates.cut;
    if (isCut) counts.cut += 1;
    return new Response(isCut ? body.slice(0, body.byteLength - 2) : body, {
      status: response.status,
      headers,
    });
  }

  return {
    fetch: faulty,
    counts,
    stop() {
      isOn = false;
    },
  };
}

function rotated(handle: string): Response {
  return Response.json([{ headers: { control: 'must-refetch' } }], {
    status: 409,
    headers: { 'electric-handle': handle },
  });
}

/** mulberry32: small, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
