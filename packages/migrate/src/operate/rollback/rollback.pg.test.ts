import { openPostgres } from '../../testing/databases.ts';
import { rollbackConformance } from '../../testing/rollback-conformance.ts';

rollbackConformance('Postgres', 'server', openPostgres);
