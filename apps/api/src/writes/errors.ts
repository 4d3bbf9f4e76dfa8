import { LockstepError } from '@lockstep/protocol';

export function invalid(message: string, details: Readonly<Record<string, unknown>> = {}): LockstepError {
  return new LockstepError('REQUEST_INVALID', {
    message,
    remedy: 'Correct the write and send it again; none of the request’s writes was made.',
    details,
  });
}

export function forbidden(message: string): LockstepError {
  return new LockstepError('FORBIDDEN', {
    message,
    remedy: 'Ask somebody who may; none of the request’s writes was made.',
  });
}

export function rowNotFound(table: string): LockstepError {
  return new LockstepError('NOT_FOUND', {
    message: `There is no such row in ${table} for this person.`,
    remedy:
      'It was deleted, or it is in a place that this person can’t see. None of the request’s writes was made.',
  });
}

export function clientTooOld(details: Readonly<Record<string, unknown>>): LockstepError {
  return new LockstepError('CLIENT_TOO_OLD', {
    message: 'This page is older than the database: what it writes has another form now.',
    remedy: 'Reload the page and make the change again.',
    details,
  });
}

/** The page was deployed before the database. */
export function notMigratedYet(version: string | null): LockstepError {
  return new LockstepError('NOT_MIGRATED', {
    message: `The migration ${version ?? ''} that this page was built for is not applied yet.`,
    remedy: 'Wait: the request can be repeated as it is once the migration is applied (pnpm db:deploy).',
    details: { retryAfterSeconds: 10 },
  });
}

/** The database was deployed before this server, which can't judge who may write the new thing. */
export function serverBehind(what: string): LockstepError {
  return new LockstepError('SERVER_BEHIND', {
    message: `This server was built before ${what} and can't check a write to it.`,
    remedy: 'Wait: the request can be repeated as it is once the new server is deployed.',
    details: { retryAfterSeconds: 10 },
  });
}
