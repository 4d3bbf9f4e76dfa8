import type { AppliedState, ShapeGateway } from '@lockstep/sync/server';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Identity } from './identity.ts';

/** What the routes work with. */
export interface Deps {
  readonly database: Database;
  readonly applied: AppliedState;
  readonly identity: Identity;
  readonly gateway: ShapeGateway;
  readonly electricUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly log: Logger;
  /** Origins of pages that are served from elsewhere. */
  readonly webOrigins: readonly string[];
  /** Whether the demo's sign-in is served. */
  readonly hasDemoSignIn: boolean;
  /** Folder of a built web app, or null to serve the API alone. */
  readonly webDist: string | null;
}
