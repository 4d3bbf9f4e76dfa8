export * from './schema/index.ts';
export * from './shapes.ts';
export * from './types.ts';
export * from './validators.ts';
