import { crashConformance } from '../testing/crash/conformance.ts';
import { pgliteEngine } from '../testing/crash/engines.ts';

crashConformance('a PGlite directory', pgliteEngine, {
  kills: 2,
  killsLong: 40,
  isStepwise: [false, true],
});
