import { openPglite } from '../../testing/databases.ts';
import { rollbackConformance } from '../../testing/rollback-conformance.ts';

rollbackConformance('PGlite', 'embedded', openPglite);
