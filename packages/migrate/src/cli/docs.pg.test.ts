import { readFileSync } from 'node:fs';
import { createTestDatabase } from '@lockstep/local-postgres';
import { describe, expect, test } from 'vitest';
import { createBareCheckout } from '../testing/cli-checkout.ts';
import { exampleCheckouts, runExamples } from '../testing/examples.ts';

const read = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

describe.each(['migrations.md', 'leave.md'])('docs/%s, on Postgres', (name) => {
  test.each(exampleCheckouts(read(name), 'Postgres'))(
    'its examples do what they say: $name',
    async (example) => {
      const checkout = await createBareCheckout();
      const database = await createTestDatabase('docs');
      try {
        expect(await runExamples(example.examples, checkout, { DATABASE_URL: database.url })).toBeGreaterThan(
          0,
        );
      } finally {
        await database.drop();
        await checkout.remove();
      }
    },
    400_000,
  );
});
