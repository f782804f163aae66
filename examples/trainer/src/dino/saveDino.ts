import path from 'node:path';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { writeCheckpoint } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { LATEST } from '../checkpoint/checkpointNames.js';
import type { DinoRun } from './DinoRun.js';

/** Writes a checkpoint of where a self-distillation stands. */
export async function saveDinoCheckpoint(run: DinoRun): Promise<void> {
  const { folder, training, state, data, alarm } = run;
  state.suspicious = alarm.steps;
  state.contents = { train: String(data.contents.train), validate: String(data.contents.validate) };
  const { parameters, optimizer } = training;
  await writeCheckpoint(folderFiles(folder), LATEST, { parameters, optimizer }, state);
  run.unsaved = false;
}

/** Writes the teacher's backbone as a model folder. */
export async function saveDinoModel(run: DinoRun): Promise<void> {
  const { folder, training, network, bands, normalization, data } = run;
  const [height, width] = data.shape;
  await savePretrained(training.teacher.backbone, folderFiles(path.join(folder, 'model')), {
    factory: 'vit',
    config: network,
    ...{ bands, normalization, size: [height, width] },
  });
}
