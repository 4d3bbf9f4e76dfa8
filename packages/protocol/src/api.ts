import * as z from 'zod';
import { clientSchemaSchema, replicaMigrationSchema } from './bundle.ts';

/** Where the parts of the API are, below its origin. */
export const API_PATHS = {
  version: '/api/electric/version',
  migrations: '/api/electric/migrations',
  schemas: '/api/electric/schemas',
  shapes: '/api/shapes',
  live: '/api/shapes/live',
  writes: '/api/writes',
  health: '/api/health',
} as const;

/** A1: what is applied to the server's database. */
export const versionResponseSchema = z.object({
  data: z.object({
    version: z.string().nullable(),
    index: z.number().int(),
    timestamp: z.number().int().nullable(),
    totalMigrations: z.number().int(),
  }),
});
export type VersionResponse = z.infer<typeof versionResponseSchema>;

/** What is applied after `?after=<tag>` (everything without it), oldest first, as stored with the migrations. */
export const migrationsResponseSchema = z.object({
  data: z.object({ migrations: z.array(replicaMigrationSchema) }),
});
export type MigrationsResponse = z.infer<typeof migrationsResponseSchema>;

/** A2: the client-visible schema of what is applied. */
export const schemasResponseSchema = z.object({
  data: clientSchemaSchema.extend({ version: z.string().nullable() }),
});
export type SchemasResponse = z.infer<typeof schemasResponseSchema>;

/**
 * A row in a write: SQL column names (`item_id`) to what JSON can say without loss.
 * 64-bit integers, numerics and instants travel as strings.
 */
const writeValueSchema = z.json();
const writeRowSchema = z.record(z.string().max(63), writeValueSchema);

export const writeSchema = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('insert'), table: z.string().max(63), values: writeRowSchema }),
  z.object({
    operation: z.literal('update'),
    table: z.string().max(63),
    key: writeRowSchema,
    values: writeRowSchema,
  }),
  z.object({ operation: z.literal('delete'), table: z.string().max(63), key: writeRowSchema }),
]);
export type Write = z.infer<typeof writeSchema>;

/** All writes of a request are one transaction on the server. `version` is the tag that the client's code was built for. */
export const writesRequestSchema = z.object({
  version: z.string().nullable(),
  writes: z.array(writeSchema).min(1).max(1000),
});
export type WritesRequest = z.infer<typeof writesRequestSchema>;

/** `txid` is the 32-bit transaction id that shape messages carry in `headers.txids`. */
export const writesResponseSchema = z.object({ data: z.object({ txid: z.number().int() }) });
export type WritesResponse = z.infer<typeof writesResponseSchema>;

export const healthResponseSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  postgres: z.enum(['ok', 'unreachable']),
  electric: z.enum(['ok', 'starting', 'unreachable']),
  version: z.string().nullable(),
});
export type HealthResponse = z.infer<typeof healthResponseSchema>;

/** Query parameters of the gateway beside Electric's own. */
export const SHAPE_QUERY = {
  /** Comma-separated, quoted column names that the client has. */
  columns: 'columns',
  /** Whose rows: the viewer's scope, or absent for shared shapes. Authorised on each request. */
  scope: 'scope',
  /** The schema version that the client's database is at. */
  version: 'version',
} as const;
