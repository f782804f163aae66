import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { type ProbeFile, writeHeadFile } from '../heads/HeadFile.js';
import type { ModelClass } from '../heads/ModelClass.js';
import { type SplitScores, writeScores } from '../heads/writeScores.js';
import type { OpenModel } from '../model/openModel.js';
import type { Reading } from '../transfer/features/networkSource.js';
import type { FittedProbe } from '../transfer/probeTrial.js';
import { SCORE_NAMES } from '../transfer/score.js';
import type { Task } from '../transfer/Task.js';
import { probePicture } from './probePicture.js';
import { scoreProbe } from './scoreProbe.js';

/** A probe that is fitted, and what it is of. */
export interface ProbeResult {
  task: Task;
  best: FittedProbe;
  reading: Reading;
  classes: ModelClass[];
  model: OpenModel;
  /** What the file says of the network. */
  network: Pick<ProbeFile, 'model' | 'fingerprint' | 'inputBands'>;
}

/** Scores a probe on validation and test chips and writes it, its scores and its pictures into a folder. */
export async function writeProbe(out: string, result: ProbeResult, signal: AbortSignal): Promise<void> {
  const { task, best, reading, classes, model, network } = result;
  const score = SCORE_NAMES[task.kind];
  const scores: Record<string, SplitScores> = {};
  for (const split of ['validate', 'test'] as const) {
    if (task.sets[split].count === 0) continue;
    const scorer = await scoreProbe(task, best, split, signal);
    scores[split] = await writeScores(out, split, scorer, task.classes);
    console.log(`${split}: ${score} ${scorer.score().toFixed(3)}`);
  }
  await writeFileAtomic(path.join(out, 'metrics.json'), `${JSON.stringify(scores, null, 2)}\n`);
  if (task.kind === 'segmentation') {
    await writeFileAtomic(path.join(out, 'predictions.png'), await probePicture(task, best, model, classes));
  }
  const { timestep, noise, layers } = reading;
  // Last: where it is, all else is.
  await writeHeadFile(out, {
    // A probe is not asked what changed.
    ...{ version: 1, task: task.kind as ProbeFile['task'], classes, ...network },
    features: { timestep, noise, layers: [...layers] },
    ...{ score, validation: best.validation, chosen: best.choice },
    heads: best.heads.map((head) => head.toJSON()),
  });
}
