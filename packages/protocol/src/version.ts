/** What identifies a version of the schema: the newest migration that is applied. */
export interface SchemaVersion {
  readonly tag: string;
  readonly index: number;
  /** The chain hash of that migration (see `Migration.chain`): equal chains, equal histories. */
  readonly chain: string;
}

/** Rides on every response of the API, so that nobody polls for the version. */
export const VERSION_HEADER = 'lockstep-version';

/** `0007_add_estimate;index=7;chain=ab12…`, or `none` for a database without migrations. */
export function formatVersionHeader(version: SchemaVersion | null): string {
  if (version === null) return 'none';
  return `${version.tag};index=${version.index};chain=${version.chain}`;
}

/** Reads the header; null for `none`, undefined for a text that is no version. */
export function parseVersionHeader(text: string): SchemaVersion | null | undefined {
  if (text === 'none') return null;
  const match = /^([\w.-]+);index=(\d+);chain=([0-9a-f]{64})$/.exec(text);
  if (!match) return undefined;
  return { tag: match[1] as string, index: Number(match[2]), chain: match[3] as string };
}
