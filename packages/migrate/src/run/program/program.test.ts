import { openPglite } from '../../testing/databases.ts';
import { programConformance } from '../../testing/program-conformance.ts';

programConformance('PGlite', 'embedded', openPglite);
