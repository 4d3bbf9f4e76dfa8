import { adoptionConformance } from '../../testing/adoption-conformance.ts';
import { openPglite } from '../../testing/databases.ts';

adoptionConformance('PGlite', 'embedded', openPglite);
