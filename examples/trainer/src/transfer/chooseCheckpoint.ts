import path from 'node:path';
import { type SavePretrainedOptions, savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles, writeFileAtomic } from 'diffusion-ssl/training/node';
import { loadCheckpoint } from '../checkpoint/loadCheckpoint.js';
import { runCheckpoints } from '../checkpoint/runCheckpoints.js';
import type { Budget } from './Budget.js';
import { drawLabels } from './drawLabels.js';
import { linearOf } from './methods/linearOf.js';
import { type BenchOptions, openBench } from './openBench.js';

/** A checkpoint of a run, and what it is worth. */
interface ScoredCheckpoint {
  name: string;
  epoch: number;
  validationLoss: number | undefined;
  /** Score of the probe on the validation labels. */
  probe: number;
}

/**
 * Scores each checkpoint of a run by a linear probe of its features on the validation labels of the first seed, and
 * saves the best as a model folder: the best probe comes before the best loss.
 *
 * @returns The folder of the model, and a table.
 * @throws {CheckpointError} If the run has no checkpoint.
 */
export async function chooseCheckpoint(
  options: BenchOptions,
  { budget, out }: { budget: Budget; out: string },
): Promise<{ model: string; text: string }> {
  const run = options.model;
  const names = await runCheckpoints(run);
  const model = path.join(out, 'best-by-probe');
  const scored: ScoredCheckpoint[] = [];
  let task: BenchOptions['task'];
  for (const name of names) {
    let state: { epoch: number; validationLoss: number | undefined } | undefined;
    const bench = await openBench({
      ...options,
      task,
      prepare: async (network) => {
        const { epoch, history } = await loadCheckpoint(network, run, name);
        state = { epoch, validationLoss: history[epoch - 1]?.validationLoss };
      },
    });
    task = bench.task;
    try {
      const drawn = await drawLabels(task, budget, 0);
      const { validation } = await linearOf(bench, drawn, { network: 'pretrained', seed: 0 });
      const isBest = scored.every(({ probe }) => validation > probe);
      scored.push({ name, ...state!, probe: validation });
      if (isBest) {
        const { network } = bench;
        await savePretrained(network.model, folderFiles(model), network as SavePretrainedOptions<'unetAttD'>);
      }
    } finally {
      bench.close();
    }
  }
  const text = tableOf(run, scored);
  await writeFileAtomic(path.join(out, 'checkpoints.md'), Buffer.from(text));
  return { model, text };
}

function tableOf(run: string, scored: readonly ScoredCheckpoint[]): string {
  const best = Math.max(...scored.map(({ probe }) => probe));
  const lines = scored.map(({ name, epoch, validationLoss, probe }) => {
    const shown = probe === best ? `**${probe.toFixed(4)}**` : probe.toFixed(4);
    return `| ${name} | ${epoch} | ${validationLoss?.toFixed(4) ?? '–'} | ${shown} |`;
  });
  return [
    `Checkpoints of ${run} by a linear probe on the validation labels:`,
    '',
    '| checkpoint | epoch | validation loss | probe |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
