import fs from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { amcheck } from '@electric-sql/pglite/contrib/amcheck';
import { checkIntegrity } from '@lockstep/migrate/node';
import { pgliteExecutor } from '@lockstep/migrate/pglite';
import type { Boundaries } from './boundaries.ts';
import type { OpenDatabase } from './open-database.ts';

const TYPE_BYTES = 1;
const HEADER_BYTES = 5;

/** Opens a directory, with boundaries around every protocol message into the database and at its writes to files. */
export async function openPglite(directory: string, boundaries: Boundaries): Promise<OpenDatabase> {
  const db = await PGlite.create(directory, { extensions: { amcheck } });
  const executor = pgliteExecutor(db);
  const exec = db.execProtocolRawSync.bind(db);
  let current: string | null = null;
  db.execProtocolRawSync = (message) => {
    const what = describe(message);
    boundaries.reach('before', what);
    current = what;
    const answer = exec(message);
    current = null;
    boundaries.reach('answered', what);
    return answer;
  };
  const write = fs.writeSync;
  fs.writeSync = ((...args: Parameters<typeof write>) => {
    if (current !== null) boundaries.reach('write', current);
    return write(...args);
  }) as typeof write;
  return {
    executor,
    target: 'embedded',
    async integrity() {
      const { findings, skipped } = await checkIntegrity(executor, { level: 'full' });
      return [...findings.map(({ object, what }) => `${object}: ${what}`), ...skipped];
    },
  };
}

/** The type of a message with its SQL, as far as it has one. */
function describe(message: Uint8Array): string {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type !== 'Q' && type !== 'P') return type;
  const text = Buffer.from(message.subarray(HEADER_BYTES + (type === 'P' ? TYPE_BYTES : 0)));
  return `${type} ${text.subarray(0, text.indexOf(0)).toString('utf8')}`;
}
