export { checkIntegrity, type IntegrityOptions, requireIntegrity } from './check-integrity.ts';
export type { IntegrityFinding, IntegrityReport } from './report.ts';
export { type TripwireOptions, tripwire } from './tripwire.ts';
