import { expect, test } from 'vitest';
import { readStackSettings } from './settings.ts';

test('with nothing set, everything is embedded', () => {
  const settings = readStackSettings({});
  expect(settings).toMatchObject({ databaseUrl: null, electricUrl: null, ports: { proxy: 65_432 } });
});

test('an empty variable counts as unset', () => {
  expect(readStackSettings({ DATABASE_URL: '' }).databaseUrl).toBeNull();
});

test.each([
  ['DATABASE_URL', 'mysql://x', 'postgresql://'],
  ['ELECTRIC_URL', 'nonsense', 'http://'],
  ['API_PORT', '99999', '1 to 65535'],
])('a malformed %s names itself and its valid form', (name, value, form) => {
  expect(() => readStackSettings({ [name]: value })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(name),
      remedy: expect.stringContaining(form),
    }),
  );
});
