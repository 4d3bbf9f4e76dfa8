import { runSyncWorker } from '@lockstep/sync/worker';

runSyncWorker();
