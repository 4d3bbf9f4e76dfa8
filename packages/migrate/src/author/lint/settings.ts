import * as z from 'zod';
import { LEVELS } from './finding.ts';

/** `lint` in `lockstep.config.ts`. */
export const lintSettingsSchema = z.object({
  /** Levels of rules, by their names; `off` leaves one out. */
  rules: z.record(z.string(), z.enum(['off', ...LEVELS])).default({}),
  /** Findings to leave out, where the file itself must not be touched (a released one). */
  ignore: z
    .array(
      z.object({
        rule: z.string(),
        /** The migration's tag. */
        migration: z.string(),
        reason: z.string().min(1),
      }),
    )
    .default([]),
  target: z.enum(['server', 'embedded']).default('server'),
  /** The oldest major version of Postgres that the migrations run on. */
  postgres: z.number().int().min(12).default(15),
  /** Who applies them: `other` takes neither lock_timeout nor a step of its own for CONCURRENTLY for granted. */
  runner: z.enum(['lockstep', 'other']).default('lockstep'),
});

export type LintSettings = z.output<typeof lintSettingsSchema>;
