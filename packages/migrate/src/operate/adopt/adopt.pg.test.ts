import { adoptionConformance } from '../../testing/adoption-conformance.ts';
import { openPostgres } from '../../testing/databases.ts';

adoptionConformance('Postgres', 'server', openPostgres);
