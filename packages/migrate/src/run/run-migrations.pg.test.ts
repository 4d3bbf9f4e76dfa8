import { openPostgres } from '../testing/databases.ts';
import { runConformance } from '../testing/run-conformance.ts';

runConformance('Postgres', 'server', openPostgres);
