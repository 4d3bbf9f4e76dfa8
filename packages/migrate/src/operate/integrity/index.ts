export {
  checkIntegrity,
  type IntegrityFinding,
  type IntegrityOptions,
  type IntegrityReport,
  requireIntegrity,
} from './check-integrity.ts';
export { type TripwireOptions, tripwire } from './tripwire.ts';
