import { expect, test } from 'vitest';
import { loadParser } from '../../sql/parser.ts';
import { measureLint } from '../../testing/measure-lint.ts';

const CPU_MS_MAX = 2000;

test('500 files are linted in less than two seconds of work', async () => {
  const parser = await loadParser();
  const measured = measureLint(parser, 500);
  console.log(measured);
  expect(measured.statements).toBe(1900);
  expect(measured.findings).toBeGreaterThan(500);
  expect(measured.cpuMs).toBeLessThan(CPU_MS_MAX);
});
