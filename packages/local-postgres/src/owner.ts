import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The user that a server runs as, when that isn't the current one. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const USER = 'postgres';
const run = promisify(execFile);

/**
 * Postgres refuses to run as root: then it runs as whoever owns the data, or at first as the system's `postgres` user,
 * who is created where there is none. Null: the current user isn't root.
 */
export async function chooseOwner(dataDir: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const data = await stat(dataDir).catch(() => null);
  if (data !== null && data.uid !== 0) return { uid: data.uid, gid: data.gid };
  return (await findUser()) ?? (await createUser());
}

async function findUser(): Promise<Owner | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function createUser(): Promise<Owner> {
  try {
    await run('groupadd', ['--force', '--system', USER]);
    await run('useradd', ['--system', '--no-create-home', '--gid', USER, USER]);
  } catch (cause) {
    throw new Error(`Postgres can't run as root, and the user ${USER} could not be created.`, { cause });
  }
  const created = await findUser();
  if (created === null) throw new Error(`The user ${USER} was created but is not there.`);
  return created;
}
