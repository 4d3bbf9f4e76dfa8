import { formatVerification } from '../../operate/verify/format-verification.ts';
import { type VerifyOptions, verifyStructure } from '../../operate/verify/verify.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { readBundle } from './read-bundle.ts';

const ENDS =
  'Ends with 4 when something is missing, disabled, invalid or different; extra objects are told and are no failure. Nothing is changed.';

/** `verify`: what the applied migrations promise is there (E3). */
export const verifyCommand = defineCommand({
  name: 'verify',
  aliases: ['drift'],
  summary:
    'prove that what the applied migrations promise is there: tables, indexes, triggers, functions, publications',
  description: ENDS,
  options: [],
  examples: ['verify', 'verify --production --json'],
  run: (context) => verify(context),
});

/** `verify-triggers`: that part alone. */
export const verifyTriggersCommand = defineCommand({
  name: 'verify-triggers',
  aliases: [],
  summary: 'prove that every trigger is there and enabled, with its function',
  description: ENDS,
  options: [],
  examples: ['verify-triggers', 'verify-triggers --production'],
  run: (context) => verify(context, 'triggers'),
});

async function verify(context: CommandContext, only?: VerifyOptions['only']) {
  const { io } = context;
  const bundle = await readBundle(context);
  const database = await context.database();
  const verification = await io.progress('Comparing', () =>
    verifyStructure(database.executor, bundle, {
      target: database.target,
      ...(only === undefined ? {} : { only }),
    }),
  );
  for (const line of formatVerification(verification)) io.out(line);
  const isProven = verification.kind === 'verified' && verification.problems.length === 0;
  return { exitCode: isProven ? EXIT.done : EXIT.found, json: { database: database.label, ...verification } };
}
