import type { MigrationBundle, ReplicaBundle } from '@lockstep/protocol';

/**
 * Whose database it is (decision 4): `server` a Postgres, `embedded` a PGlite that is an application's own database,
 * `replica` a PGlite that follows a server.
 */
export type Target = 'server' | 'embedded' | 'replica';

/** What a target needs of the bundle: a replica gets along with the half that browsers carry. */
export type BundleFor<T extends Target> = T extends 'replica' ? ReplicaBundle : MigrationBundle;
