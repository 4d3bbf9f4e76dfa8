import { isApart, type Structure } from './structure.ts';

/** sha256 (hex) of a structure. Two databases have the same one exactly if their diff is empty but for `apart`. */
export async function fingerprint(structure: Structure): Promise<string> {
  const lines = Object.entries(structure)
    .filter(([identity]) => !isApart(identity))
    .map((entry) => JSON.stringify(entry))
    .sort();
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('\n')));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
