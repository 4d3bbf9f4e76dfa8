import { openPostgres } from '../../testing/databases.ts';
import { executorConformance } from '../../testing/executor-conformance.ts';

executorConformance('Postgres', openPostgres);
