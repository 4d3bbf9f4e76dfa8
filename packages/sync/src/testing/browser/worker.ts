import { runSyncWorker } from '../../worker.ts';

runSyncWorker();
