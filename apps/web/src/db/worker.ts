import emptyDatabase from 'virtual:empty-database';
import { runSyncWorker } from '@lockstep/sync/worker';

runSyncWorker({ emptyDatabase });
