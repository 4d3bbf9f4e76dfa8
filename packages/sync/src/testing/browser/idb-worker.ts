import { runSyncWorker } from '../../worker.ts';

// As in a browser, or a private window, that refuses the origin private file system.
navigator.storage.getDirectory = () => Promise.reject(new DOMException('refused', 'SecurityError'));
runSyncWorker();
