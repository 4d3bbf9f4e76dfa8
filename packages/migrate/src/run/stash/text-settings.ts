import type { Executor } from '../executor/executor.ts';

/** How values are written as text and read back the same, in whatever session. */
const SETTINGS = {
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
  timezone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
};

/** Runs with them, and leaves the transaction's own as they were. */
export async function withTextSettings<T>(tx: Executor, body: () => Promise<T>): Promise<T> {
  const names = Object.keys(SETTINGS);
  const [before] = await tx.query<Record<string, string>>(
    `SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`,
  );
  await set(tx, SETTINGS);
  const result = await body();
  await set(tx, before ?? {});
  return result;
}

async function set(tx: Executor, settings: Readonly<Record<string, string>>): Promise<void> {
  const entries = Object.entries(settings);
  const calls = entries.map(([name], index) => `set_config('${name}', $${index + 1}::text, true)`);
  if (calls.length > 0)
    await tx.query(
      `SELECT ${calls.map((call, index) => `${call} AS s${index}`).join(', ')}`,
      entries.map(([, value]) => value),
    );
}
