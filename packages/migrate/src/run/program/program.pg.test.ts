import { openPostgres } from '../../testing/databases.ts';
import { programConformance } from '../../testing/program-conformance.ts';

programConformance('Postgres', 'server', openPostgres);
