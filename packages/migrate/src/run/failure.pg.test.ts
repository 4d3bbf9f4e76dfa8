import { openPostgres } from '../testing/databases.ts';
import { failureConformance } from '../testing/failure-conformance.ts';

failureConformance('Postgres', 'server', openPostgres);
