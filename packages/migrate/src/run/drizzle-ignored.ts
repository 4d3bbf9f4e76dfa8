import type { StructureOptions } from '../operate/structure/read-structure.ts';
import type { TrackingOptions } from './drizzle-table.ts';

/** What reading a structure leaves out: Drizzle's tracking table may be in any schema. */
export function drizzleOptions({ schema, table }: TrackingOptions): StructureOptions {
  if (schema === undefined && table === undefined) return {};
  return { ignoreRelations: [{ schema: schema ?? 'drizzle', name: table ?? '__drizzle_migrations' }] };
}
