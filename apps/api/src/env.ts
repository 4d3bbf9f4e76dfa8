import { isLoopbackHost, LockstepError } from '@lockstep/protocol';
import { z } from 'zod';

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  ELECTRIC_URL: z.url({ protocol: /^https?$/ }),
  ELECTRIC_SECRET: z.string().min(1).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  HOST: z.string().min(1).default('127.0.0.1'),
  WEB_DIST: z.string().min(1).optional(),
  WEB_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)))
    .default([]),
  DEMO_SIGN_IN: z.enum(['on', 'off']).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

/** The valid form of each variable, for the one who has to set it. */
const FORMS: Readonly<Record<keyof z.infer<typeof schema>, string>> = {
  DATABASE_URL: 'postgresql://user:password@host:5432/database',
  ELECTRIC_URL: 'http://host:3000',
  ELECTRIC_SECRET: 'the text of ELECTRIC_SECRET that Electric was started with',
  PORT: 'a port number from 0 to 65535 (0 for any free one)',
  HOST: 'an address to listen on, e.g. 127.0.0.1 or 0.0.0.0',
  WEB_DIST: 'the folder of a built web app, e.g. ../web/dist',
  WEB_ORIGINS: 'origins of pages that call from elsewhere, separated by commas: https://app.example',
  DEMO_SIGN_IN: 'on or off: whether anybody may become anybody (on by default only where HOST is loopback)',
  LOG_LEVEL: 'fatal, error, warn, info, debug or silent',
};

/** What the API is told by its environment. */
export type Env = z.infer<typeof schema> & { readonly DEMO_SIGN_IN: 'on' | 'off' };

/** Throws CONFIG_INVALID, which names the variable and its valid form, and never shows its value. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ...parsed.data, DEMO_SIGN_IN: demoSignIn(parsed.data) };
  const name = String(parsed.error.issues[0]?.path[0]) as keyof Env;
  throw new LockstepError('CONFIG_INVALID', {
    message: `The environment variable ${name} is ${given[name] === undefined ? 'missing' : 'malformed'}.`,
    remedy: `Set ${name} to ${FORMS[name]}.`,
    details: { variable: name, form: FORMS[name] },
  });
}

/** Where others can reach the API, nobody may become anybody unless that was said. */
function demoSignIn(given: z.infer<typeof schema>): 'on' | 'off' {
  return given.DEMO_SIGN_IN ?? (isLoopbackHost(given.HOST) ? 'on' : 'off');
}
