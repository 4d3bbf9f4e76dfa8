import { formatQualifiedName, type ReplicaMigration } from '@lockstep/protocol';

/** Where Drizzle's tracking table is: as `migrationsSchema` and `migrationsTable` of drizzle.config.ts say. */
export interface TrackingOptions {
  /** `drizzle` otherwise. */
  readonly schema?: string;
  /** `__drizzle_migrations` otherwise. */
  readonly table?: string;
}

/** The name of Drizzle's tracking table in SQL, quoted. */
export function drizzleTable({
  schema = 'drizzle',
  table = '__drizzle_migrations',
}: TrackingOptions = {}): string {
  return formatQualifiedName({ schema, name: table });
}

/**
 * What drizzle-orm 1.0 knows a migration by: its folder. A migration of the older layout gets the name that
 * `drizzle-kit up` will give its folder.
 */
export function drizzleName({ tag, when }: Pick<ReplicaMigration, 'tag' | 'when'>): string {
  if (/^\d{14}(_|$)/.test(tag)) return tag;
  const time = new Date(when).toISOString().slice(0, 19).replaceAll(/\D/g, '');
  return `${time}_${tag.split('_').slice(1).join('_')}`;
}
