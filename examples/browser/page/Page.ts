import type { PageState } from './PageState.js';
import type { WorkerClient } from './WorkerClient.js';

/** What every part of the page is given. */
export interface Page {
  state: PageState;
  worker: WorkerClient;
}
