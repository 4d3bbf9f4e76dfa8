import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromRoot } from '../root.ts';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

let checkout: Checkout;
beforeAll(() => {
  checkout = copyCheckout();
});
afterAll(() => checkout.remove());

/** What an application has where the examples say `./migrations/…`. */
const BUNDLE = `import type { MigrationBundle, ReplicaBundle } from '@lockstep/protocol';

export declare const bundle: MigrationBundle;
export declare const replicaBundle: ReplicaBundle;
`;

const engines = readdirSync(fromRoot('packages')).filter((name) => name !== 'core');

test.each(engines)('the example in packages/%s/README.md has no type error', async (name) => {
  const folder = `packages/${name}`;
  const [, example] = /```ts\n([\s\S]*?)```/.exec(checkout.read(`${folder}/README.md`)) ?? [];
  expect(example).toContain(`from '@lockstep/${name}'`);
  checkout.write(`${folder}/src/readme-example.ts`, example as string);
  if (example?.includes('./migrations/')) {
    checkout.write(`${folder}/src/migrations/index.ts`, BUNDLE);
    checkout.write(`${folder}/src/migrations/replica.ts`, BUNDLE);
  }
  await checkout.types(folder);
});
