import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../embedded/open-embedded.ts';
import { rehearsalConformance } from '../../testing/rehearsal-conformance.ts';

rehearsalConformance('a PGlite directory', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lockstep-rehearsal-'));
  const { db, executor, directory, close } = await openEmbedded(join(root, 'app.db'));
  return {
    target: { kind: 'embedded', db, executor, directory },
    within: (body) => body(executor),
    copies: async () => readdirSync(root).filter((name) => name.includes('rehearsal')),
    async close() {
      await close();
      rmSync(root, { recursive: true, force: true });
    },
  };
});
