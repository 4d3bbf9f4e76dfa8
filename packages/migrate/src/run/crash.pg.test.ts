import { crashConformance } from '../testing/crash/conformance.ts';
import { postgresEngine } from '../testing/crash/engines.ts';

crashConformance('Postgres', postgresEngine, {
  kills: 8,
  killsLong: 120,
  isStepwise: [false],
});
