export type { Binaries } from './binaries.ts';
export { closedFolder } from './closed-folder.ts';
export { fetchPostgres, type OlderPostgres } from './fetch-postgres.ts';
export { freePort, isPortFree } from './free-port.ts';
export { type LocalPostgres, type LocalPostgresOptions, startLocalPostgres } from './local-postgres.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
