export type { Counters } from './http/context.ts';
export { type ListeningServer, type ServeOptions, serve } from './serve.ts';
export { createShapeServer, type ShapeServer, type ShapeServerOptions } from './server.ts';
export type { PublishingMode } from './source/publishing.ts';
