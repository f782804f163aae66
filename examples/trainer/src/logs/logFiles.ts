import type { RunListener } from '../run/RunListener.js';
import { createRunLogs, type RunLogs } from './createRunLogs.js';

/** Writes the logs of a run: CSV, JSON lines, TensorBoard. */
export function logFiles(): RunListener {
  // Opened before anything is told that they hold.
  let logs: RunLogs;
  return {
    async started({ logFolder, state, events }) {
      logs = await createRunLogs(logFolder, state, (text) => events.warning(text));
    },
    stepped(_, record) {
      logs.step(record);
    },
    async epochEnded(_, record) {
      logs.epoch(record);
    },
    pictureDrawn(_, tag, png) {
      logs.picture(tag, png);
    },
  };
}
