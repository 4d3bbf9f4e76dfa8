import * as z from 'zod';

/** Who this tab works as. The token is the demo sign-in's; a real application brings its own. */
export const identitySchema = z.object({
  token: z.string().min(1),
  user: z.object({ id: z.string(), name: z.string(), email: z.string().optional() }),
});
export type Identity = z.infer<typeof identitySchema>;

const identitiesSchema = z.record(z.string(), identitySchema);

const TAB_KEY = 'lockstep.identity';
const LAST_KEY = 'lockstep.identity.last';
const KNOWN_KEY = 'lockstep.identities';

/** Where identities are kept: one for the tab, the last one and all known ones for the device. */
export interface IdentityStorage {
  readonly tab: Storage;
  readonly device: Storage;
}

/** The tab's identity, else the device's last one, so that a page without network opens the same person's data. */
export function readIdentity({ tab, device }: IdentityStorage): Identity | null {
  return parse(identitySchema, tab.getItem(TAB_KEY)) ?? parse(identitySchema, device.getItem(LAST_KEY));
}

export function rememberIdentity({ tab, device }: IdentityStorage, identity: Identity): void {
  const text = JSON.stringify(identity);
  tab.setItem(TAB_KEY, text);
  device.setItem(LAST_KEY, text);
  device.setItem(KNOWN_KEY, JSON.stringify({ ...readKnown(device), [identity.user.id]: identity }));
}

/** Forgets the person on this device. Their database is closed by whoever calls this. */
export function forgetIdentity({ tab, device }: IdentityStorage, userId: string): void {
  const { [userId]: _forgotten, ...others } = readKnown(device);
  device.setItem(KNOWN_KEY, JSON.stringify(others));
  tab.removeItem(TAB_KEY);
  if (parse(identitySchema, device.getItem(LAST_KEY))?.user.id === userId) device.removeItem(LAST_KEY);
}

/** Somebody who signed in here before: can be switched to without network. */
export function findKnownIdentity({ device }: IdentityStorage, userId: string): Identity | null {
  return readKnown(device)[userId] ?? null;
}

function readKnown(device: Storage): Readonly<Record<string, Identity>> {
  return parse(identitiesSchema, device.getItem(KNOWN_KEY)) ?? {};
}

function parse<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // Written by another version, or by hand: as good as absent.
    return null;
  }
}
