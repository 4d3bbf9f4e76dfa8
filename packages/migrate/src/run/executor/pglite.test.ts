import { openPglite } from '../../testing/databases.ts';
import { executorConformance } from '../../testing/executor-conformance.ts';

executorConformance('PGlite', openPglite);
