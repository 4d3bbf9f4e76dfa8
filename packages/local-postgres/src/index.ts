export { closedFolder } from './closed-folder.ts';
export { freePort, isPortFree } from './free-port.ts';
export { type LocalPostgres, type LocalPostgresOptions, startLocalPostgres } from './local-postgres.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
