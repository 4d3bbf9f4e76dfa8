import { LockstepError, type ReplicaMigration, replicaMigrationSchema } from '@lockstep/protocol';
import { GENERATED_MARK, type RenderedFile } from './render-bundle.ts';

/**
 * Reads the replica half of a migration back out of the module that `renderBundle` made of it, without running it; null
 * for a file that is not the compiler's, or one of its lists. The rest follows from the SQL, and an older compiler may
 * have written it in another form. Raises BUNDLE_INVALID for one that was edited beyond recognition.
 */
export function parseBundleFile({ name, text }: RenderedFile): ReplicaMigration | null {
  if (!text.startsWith(`${GENERATED_MARK} from `)) return null;
  const [, replica = ''] = text.split(/^export const \w+: [\w'[\]]+ = /m);
  const parsed = replicaMigrationSchema.safeParse(readJson(replica));
  if (parsed.success) return parsed.data;
  throw new LockstepError('BUNDLE_INVALID', {
    message: `${name} is generated, and is not what the compiler wrote: ${parsed.error.issues[0]?.message ?? ''}.`,
    remedy:
      'Restore the file from version control; or delete it and compile again, if it was never released.',
    place: { file: name },
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.trimEnd().replace(/;$/, ''));
  } catch {
    return undefined;
  }
}
