import { defineConfig } from 'drizzle-kit';

/** Read by drizzle-kit. `DATABASE_URL`, or the PG variables of `.env.production`, choose the database. */
const { DATABASE_URL, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSL } = process.env;

const credentials = PGHOST
  ? {
      host: PGHOST,
      port: Number(PGPORT ?? 65432),
      user: PGUSER ?? 'postgres',
      password: PGPASSWORD ?? '',
      database: PGDATABASE ?? 'electric',
      ssl: PGSSL === 'true',
    }
  : { url: DATABASE_URL ?? 'postgresql://postgres:lockstep@127.0.0.1:54320/lockstep' };

export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/core/src/schema/index.ts',
  out: './drizzle',
  dbCredentials: credentials,
});
