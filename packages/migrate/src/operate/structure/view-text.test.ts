import { expect, it } from 'vitest';
import { unqualifyView } from './view-text.ts';

it.each([
  ['SELECT items.id,\n    items.name\n   FROM public.items;', 'SELECT id,\n    name\n   FROM public.items;'],
  [
    'SELECT i."A b" FROM public."Items I" i WHERE i.n > 1;',
    'SELECT "A b" FROM public."Items I" i WHERE n > 1;',
  ],
  // Whole rows, texts, schemas and fields keep what looks like a prefix.
  [
    "SELECT i.*::public.i AS i, 'i.x' AS t, i.f((i.pair).a), i.n::i.t FROM i.i;",
    "SELECT i.*::public.i AS i, 'i.x' AS t, i.f((pair).a), n::i.t FROM i.i;",
  ],
  [
    'SELECT x.n, ( SELECT max(y.id) FROM y WHERE (y.x = x.id)) FROM x WHERE (x.id IN ( SELECT x.z FROM x));',
    'SELECT n, ( SELECT max(y.id) FROM y WHERE (y.x = x.id)) FROM x WHERE (id IN ( SELECT x.z FROM x));',
  ],
])('one relation: %s', (text, expected) => {
  expect(unqualifyView(text)).toBe(expected);
});

it.each([
  'SELECT a.id FROM (public.a JOIN public.b ON ((a.id = b.id)));',
  'SELECT a.id FROM public.a, public.b;',
  'SELECT a.id FROM public.a UNION ALL SELECT b.id FROM public.b;',
  'SELECT 1 AS one;',
])('none or several: %s', (text) => {
  expect(unqualifyView(text)).toBe(text);
});
