import { LockstepError, type ShapeCatalogue } from '@lockstep/protocol';
import type { Applied, AppliedState } from './applied.ts';
import type { GatewayLimits } from './limits.ts';
import type { ShapeAsked } from './resolve.ts';
import type { GatewayLog } from './upstream.ts';

export interface ShapeGatewayOptions<Viewer> {
  /** Electric's base URL, e.g. `http://127.0.0.1:3000`. */
  readonly electricUrl: string;
  readonly electricSecret?: string | undefined;
  readonly shapes: ShapeCatalogue<Viewer>;
  /** Who is asking: the application's authorisation hook, called at each request. Null answers 401. */
  readonly viewer: (request: Request) => Promise<Viewer | null>;
  /** The name of what a viewer may see, as it stands in the URLs of viewer shapes: usually the person's id. */
  readonly scopeOf: (viewer: Viewer) => string;
  readonly applied: AppliedState;
  readonly fetch?: typeof globalThis.fetch;
  readonly limits?: Partial<GatewayLimits>;
  readonly onLog?: GatewayLog;
}

/** Electric's answer for one shape, and what was applied when it was asked. */
export interface ShapeAnswer {
  readonly response: Response;
  readonly isPublic: boolean;
  readonly applied: Applied;
}

export type AnswerShape<Viewer> = (
  asked: ShapeAsked<Viewer>,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<ShapeAnswer>;

/** Throws `UNAUTHENTICATED` when nobody is signed in. */
export async function requireViewer<Viewer>(
  options: Pick<ShapeGatewayOptions<Viewer>, 'viewer'>,
  request: Request,
): Promise<Viewer> {
  const viewer = await options.viewer(request);
  if (viewer !== null) return viewer;
  throw new LockstepError('UNAUTHENTICATED', {
    message: 'Nobody is signed in.',
    remedy: 'Sign in and send the token as Authorization: Bearer ….',
  });
}
