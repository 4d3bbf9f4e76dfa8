export { EXPOSED_HEADERS } from './answer-headers.ts';
export {
  type Applied,
  type AppliedSource,
  type AppliedState,
  type AppliedStateOptions,
  createAppliedState,
} from './applied.ts';
export { readBody, readJson } from './body.ts';
export { createShapeGateway, type ShapeGateway } from './gateway.ts';
export { GATEWAY_LIMITS, type GatewayLimits } from './limits.ts';
export type { ShapeGatewayOptions } from './options.ts';
export { problemResponse } from './problem.ts';
export type { GatewayLog } from './upstream.ts';
