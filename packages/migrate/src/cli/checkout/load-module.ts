import { LockstepError } from '@lockstep/protocol';
import { createJiti } from 'jiti';

/**
 * Imports a TypeScript or JavaScript module of the checkout, as this process's loader can or through jiti. Fresh each
 * time in jiti's case. Raises CONFIG_INVALID with the module's own words when it can't be loaded.
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  const jiti = createJiti(import.meta.url, { interopDefault: false, tryNative: true, moduleCache: false });
  try {
    return (await jiti.import(file)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `The module can't be loaded: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`,
      remedy: 'Mend the file; it runs on its own with `npx tsx <file>`.',
      place: { file },
      cause,
    });
  }
}
