import { describe, expect, test } from 'vitest';
import { chooseDatabase, type DatabaseChoice, parseDatabaseUrl } from './choose-database.ts';
import { labelOf, nameOf, productionReason } from './production.ts';

const none = { option: undefined, env: {}, defaults: [] };
const labelFor = (choice: DatabaseChoice | null) => (choice === null ? null : labelOf(choice));

describe('E4: which database', () => {
  const env = { DATABASE_URL: 'postgres://a/one', PGHOST: 'b', PGDATABASE: 'two', PGPASSWORD: 'x' };
  const defaults = [{ url: 'file:three', source: 'default' as const }];

  test.each([
    ['--database first', { option: 'file:zero', env, defaults }, 'zero', '--database'],
    ['then DATABASE_URL', { ...none, env, defaults }, 'a:5432/one', 'DATABASE_URL'],
    [
      'then the PG variables',
      { ...none, env: { ...env, DATABASE_URL: '' }, defaults },
      'b:5432/two',
      'PG variables',
    ],
    ['then the default', { ...none, defaults }, 'three', 'default'],
  ])('%s', (_, candidates, label, source) => {
    const choice = chooseDatabase(candidates);
    expect([labelFor(choice), choice?.source]).toEqual([label, source]);
  });

  test('none where nothing names one', () => expect(chooseDatabase(none)).toBeNull());

  test.each([
    ['file:app.db', 'app.db'],
    ['file:./data/app', './data/app'],
    ['file:/var/app', '/var/app'],
    ['file:///var/app', '/var/app'],
    ['memory:', 'a database in memory'],
    ['memory://', 'a database in memory'],
  ])('%s is a PGlite', (url, label) => {
    expect(labelOf(parseDatabaseUrl(url, 'DATABASE_URL'))).toBe(label);
  });

  test.each(['mysql://me:secret@host/x', 'postgres://me:secret@host:port/x', 'secret.db', 'file:'])(
    'one that cannot be read is not shown: %s',
    (url) => {
      const read = () => parseDatabaseUrl(url, 'DATABASE_URL');
      expect(read).toThrow('The database that DATABASE_URL names');
      expect(read).not.toThrow(/secret/);
    },
  );

  test.each([
    [{ PGHOST: '/var/run/postgresql', PGUSER: 'me' }, '/var/run/postgresql:5432/me'],
    [{ PGHOST: '::1', PGPORT: '6000', PGDATABASE: 'a b' }, '[::1]:6000/a b'],
    [{ PGDATABASE: 'app' }, '127.0.0.1:5432/app'],
  ])('the PG variables %j are %s', (variables, label) => {
    expect(labelFor(chooseDatabase({ ...none, env: variables }))).toBe(label);
  });

  test('passwords with any character arrive whole, and labels hold none', () => {
    const choice = chooseDatabase({ ...none, env: { PGHOST: 'h', PGUSER: 'u@x', PGPASSWORD: 'p/:@#%' } });
    if (choice?.kind !== 'server') throw new Error('expected a server');
    const { username, password } = new URL(choice.url);
    expect([username, password].map(decodeURIComponent)).toEqual(['u@x', 'p/:@#%']);
    expect(labelOf(choice) + nameOf(choice)).not.toContain('p/');
  });
});

describe('D6, E4: what production is', () => {
  const ask = (url: string, options: Partial<Parameters<typeof productionReason>[0]> = {}) =>
    productionReason({
      choice: parseDatabaseUrl(url, '--database'),
      flag: false,
      env: {},
      hosts: { hosts: [], exceptHosts: [] },
      ...options,
    });

  test.each([
    ['postgres://127.0.0.1/x', null],
    ['postgres://localhost:1/x', null],
    ['postgres://[::1]/x', null],
    ['postgres://me@localhost/x?host=/var/run/postgresql', null],
    ['file:app.db', null],
    ['postgres://db.example.com/x', 'it is on another machine'],
    ['postgres://10.0.0.1/x', 'it is on another machine'],
    ['postgres://localhost.example.com/x', 'it is on another machine'],
    ['postgres://127.0.0.1.example.com/x', 'it is on another machine'],
    ['postgres://localhost/x?host=db.example.com', 'it is on another machine'],
  ])('%s: %s', (url, reason) => expect(ask(url)).toBe(reason));

  test('the configuration names exceptions both ways, with a port or without', () => {
    const hosts = { hosts: ['127.0.0.1:5433'], exceptHosts: ['db'] };
    expect(ask('postgres://127.0.0.1:5433/x', { hosts })).toContain('configuration');
    expect(ask('postgres://127.0.0.1:5432/x', { hosts })).toBeNull();
    expect(ask('postgres://db/x', { hosts })).toBeNull();
  });

  test('--production and NODE_ENV win over everything', () => {
    expect(ask('file:app.db', { flag: true })).toContain('--production');
    expect(
      ask('postgres://db/x', { env: { NODE_ENV: 'production' }, hosts: { hosts: [], exceptHosts: ['db'] } }),
    ).toContain('NODE_ENV');
  });
});
