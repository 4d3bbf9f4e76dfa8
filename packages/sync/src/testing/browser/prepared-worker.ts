import { runSyncWorker } from '../../worker.ts';

runSyncWorker({ emptyDatabase: '/api/empty-database' });
