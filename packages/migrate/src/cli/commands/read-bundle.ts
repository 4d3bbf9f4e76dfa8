import type { MigrationBundle } from '@lockstep/protocol';
import type { CommandContext } from '../context.ts';

/** The checkout's bundle; a stale committed one is told. */
export async function readBundle({ io, environment, checkout }: CommandContext): Promise<MigrationBundle> {
  const { bundle, stale } = await io.progress('Reading the migrations', (await checkout()).bundle);
  if (stale.length > 0) {
    const command = environment.commandLine('compile');
    io.err(
      `The committed bundle is stale (${stale.join(', ')}): the files in the migrations folder are taken. Run \`${command}\` and commit it.`,
    );
  }
  return bundle;
}
