import { describe, expect, it } from 'vitest';
import { readEnv } from './env.ts';

const valid = { DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/app', ELECTRIC_URL: 'http://127.0.0.1:3000' };

describe('readEnv', () => {
  it('needs two variables and defaults the rest', () => {
    expect(readEnv(valid)).toEqual({
      ...valid,
      PORT: 3001,
      HOST: '127.0.0.1',
      WEB_ORIGINS: [],
      DEMO_SIGN_IN: 'on',
      LOG_LEVEL: 'info',
    });
  });

  it.each([
    ['127.0.0.1', undefined, 'on'],
    ['0.0.0.0', undefined, 'off'],
    ['0.0.0.0', 'on', 'on'],
    ['127.0.0.1', 'off', 'off'],
  ])('listening on %s with DEMO_SIGN_IN=%s the demo’s sign-in is %s', (HOST, DEMO_SIGN_IN, expected) => {
    expect(readEnv({ ...valid, HOST, DEMO_SIGN_IN }).DEMO_SIGN_IN).toBe(expected);
  });

  it('takes an empty variable for a missing one', () => {
    expect(readEnv({ ...valid, PORT: '', ELECTRIC_SECRET: '' })).not.toHaveProperty('ELECTRIC_SECRET');
  });

  it('reads origins', () => {
    expect(readEnv({ ...valid, WEB_ORIGINS: 'https://a.example, http://b.example:81/' }).WEB_ORIGINS).toEqual(
      ['https://a.example', 'http://b.example:81'],
    );
  });

  it.each([
    ['DATABASE_URL', undefined, 'missing'],
    ['DATABASE_URL', 'mysql://secret@host/db', 'malformed'],
    ['ELECTRIC_URL', 'localhost:3000', 'malformed'],
    ['PORT', '70000', 'malformed'],
    ['LOG_LEVEL', 'loud', 'malformed'],
    ['WEB_ORIGINS', 'nonsense', 'malformed'],
  ])('names %s=%s and its valid form, never its value', (name, value, what) => {
    const read = () => readEnv({ ...valid, [name]: value });
    expect(read).toThrow(`The environment variable ${name} is ${what}.`);
    try {
      read();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        remedy: expect.stringContaining(`Set ${name} to `),
      });
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  });
});
