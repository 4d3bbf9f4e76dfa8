import { LockstepError } from '@lockstep/protocol';

const TIMEOUT_MS = 5_000;

/** Throws ELECTRIC_UNREACHABLE unless an Electric service answers at the address. */
export async function requireElectric(electricUrl: string): Promise<void> {
  const url = new URL('/v1/health', electricUrl);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    if (response.status === 200 || response.status === 202) return;
    throw new Error(`it answered ${response.status}`);
  } catch (cause) {
    throw new LockstepError('ELECTRIC_UNREACHABLE', {
      message: `No Electric service answers at ${url.origin}.`,
      remedy: 'Start it, correct ELECTRIC_URL, or unset it for the embedded shape server.',
      cause,
    });
  }
}
