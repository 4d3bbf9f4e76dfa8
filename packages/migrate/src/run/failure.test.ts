import { openPglite } from '../testing/databases.ts';
import { failureConformance } from '../testing/failure-conformance.ts';

failureConformance('PGlite', 'embedded', openPglite);
