import { existsSync } from 'node:fs';
import { defineConfig } from 'drizzle-kit';

/**
 * Read by drizzle-kit. Locally the database is `DATABASE_URL` of `.env`, or the embedded Postgres of `pnpm dev`; with
 * NODE_ENV=production it is what the PG variables of `.env.production` name. What is set already is not overwritten.
 */
const isProduction = process.env.NODE_ENV === 'production';
const file = isProduction ? '.env.production' : '.env';
if (existsSync(file)) process.loadEnvFile(file);

const { DATABASE_URL, DB_VERBOSE, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSL } = process.env;

/** In production nothing is guessed: without variables, commands that need a database say so. */
const database = () => {
  if (isProduction && PGHOST) {
    return {
      dbCredentials: {
        host: PGHOST,
        port: Number(PGPORT || 65_432),
        user: PGUSER || 'postgres',
        password: PGPASSWORD || '',
        database: PGDATABASE || 'electric',
        ssl: PGSSL === 'true',
      },
    };
  }
  const url = DATABASE_URL || (isProduction ? '' : 'postgresql://postgres:lockstep@127.0.0.1:54320/lockstep');
  if (url === '') return {};
  if (url.startsWith('file:')) {
    return { driver: 'pglite' as const, dbCredentials: { url: url.slice('file:'.length) } };
  }
  return { dbCredentials: { url } };
};

export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/core/src/schema/index.ts',
  out: './drizzle',
  verbose: DB_VERBOSE === 'true',
  ...database(),
});
