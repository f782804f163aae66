import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { type VitConfig, vit } from 'diffusion-ssl/models';
import {
  CollapseAlarm,
  cosineSchedule,
  type DinoNetwork,
  DinoTraining,
  dinoHead,
  teacherTemperatures,
} from 'diffusion-ssl/ssl/dino';
import { compareInputs } from '../checkpoint/compareInputs.js';
import type { ResumePoint } from '../checkpoint/readResumePoint.js';
import { restoreTrained } from '../checkpoint/restoreTrained.js';
import { runInputs } from '../checkpoint/runInputs.js';
import { warnOfBuild } from '../checkpoint/warnOfBuild.js';
import { openChipData } from '../data/chipData.js';
import { chipNormalization } from '../data/chipNormalization.js';
import { shownChips } from '../data/shownChips.js';
import { displayOf } from '../pictures/display.js';
import type { Teller } from '../run/RunListener.js';
import { readTask } from '../transfer/readTask.js';
import type { DinoConfig } from './DinoConfig.js';
import type { DinoRun } from './DinoRun.js';
import type { DinoState } from './DinoState.js';
import type { DinoFlags } from './dinoOptions.js';
import type { DinoPoint } from './readDinoPoint.js';

/** What a self-distillation is opened with. */
export interface DinoStart {
  folder: string;
  config: DinoConfig;
  run: DinoFlags;
  resumed?: DinoPoint;
  backend: Pick<StartedBackend, 'build'>;
  teller: Teller;
  signal: AbortSignal;
}

/**
 * Opens chips and labels and makes both networks, from the beginning or from a checkpoint.
 *
 * @throws If one cannot be read, or on resuming another is found than before.
 */
export async function openDinoRun(start: DinoStart): Promise<DinoRun> {
  const { folder, config, run, resumed, backend, teller, signal } = start;
  const { chips } = config;
  const data = await openChipData(chips, run, { folder, teller, signal });
  try {
    const [height, width, inChans] = data.shape;
    const statistics = await data.statistics();
    const inputs = await runInputs(chips, data, statistics);
    const normalization = chipNormalization(chips, statistics);
    const network: VitConfig = {
      imgSize: [config.globalSize, config.globalSize],
      patchSize: config.tokenSize,
      inChans,
      embedDim: config.embedDim,
      depth: config.depth,
      numHeads: config.numHeads,
      seed: chips.seed,
    };
    const training = makeTraining(config, network);
    const source = chips.catalog === undefined ? undefined : { data: chips.data!, catalog: chips.catalog };
    const task =
      config.labels === undefined || !source
        ? undefined
        : await readTask(
            {
              ...source,
              kind: 'scenes',
              labels: config.labels,
              imageColumns: chips.imageColumns,
              inputBands: chips.inputBands,
              bands: data.bands,
              normalization,
              size: chips.size === undefined ? undefined : [height, width],
              onBadChip: chips.onBadChip,
              optional: ['test'],
            },
            signal,
          );
    if (task) inputs['the labels or their chips'] = task.fingerprint;
    let state: DinoState = {
      ...{ config, inputs, contents: {}, build: backend.build, epoch: 0, nextBatch: 0, step: 0 },
      ...{ sums: noSums(), suspicious: 0, history: [] },
    };
    if (resumed) {
      const before = { ...resumed, config: chips, state: { ...resumed.state, config: chips } };
      const accepted = compareInputs(before as unknown as ResumePoint, inputs, data, run.acceptChanges);
      if (accepted !== undefined) teller.warning(accepted);
      warnOfBuild(resumed.state.build, backend.build, (text) => teller.warning(text));
      const { parameters, optimizer } = training;
      await restoreTrained(resumed, { parameters, optimizer });
      state = { ...resumed.state, config, inputs, build: backend.build };
    }
    const alarm = new CollapseAlarm({ outDim: config.outDim, patience: Math.max(1, config.patience) });
    alarm.steps = state.suspicious;
    teller.note(
      `${data.train.length} training and ${data.validate.length} validation chips of ${height} × ${width}`,
    );
    return {
      ...{
        folder,
        state,
        data,
        network,
        training,
        alarm,
        ...schedulesOf(config, data.train.batchesPerEpoch),
      },
      ...{ bands: data.bands, normalization, task, shown: await shownChips(data.validate) },
      display: displayOf(chips, statistics),
      checkpointSteps: run.checkpointSteps,
      unsaved: false,
      ...{ teller, signal },
    };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** Sums of an epoch that has no step yet. */
export const noSums = () => ({ steps: 0, loss: 0, teacherEntropy: 0, teacherSpread: 0 });

function makeTraining(config: DinoConfig, network: VitConfig): DinoTraining {
  const { outDim, hiddenDim, bottleneckDim, embedDim: inDim, dropPath, chips } = config;
  const head = {
    inDim,
    outDim,
    hiddenDim,
    bottleneckDim,
    normLastLayer: !config.freeLastNorm,
    seed: chips.seed,
  };
  const make = (dropPathRate: number): DinoNetwork => ({
    backbone: vit({ ...network, dropPathRate }),
    head: dinoHead(head),
  });
  return new DinoTraining(make(dropPath), make(0), {
    studentTemperature: config.studentTemp,
    centreMomentum: config.centreMomentum,
    clipNorm: config.clip,
  });
}

function schedulesOf(config: DinoConfig, stepsPerEpoch: number): Pick<DinoRun, 'schedules' | 'temperatures'> {
  const { epochs, batch } = config.chips;
  const run = { epochs, stepsPerEpoch };
  const warmupEpochs = Math.min(config.warmupEpochs, epochs - 1);
  const base = (config.lr * batch) / 256;
  return {
    schedules: {
      learningRate: cosineSchedule({
        ...run,
        base,
        // A rate that is to be held is below the end of the cosine in a small batch: it must not rise to it.
        final: Math.min(config.minLr, base),
        warmupEpochs,
      }),
      weightDecay: cosineSchedule({ ...run, base: config.weightDecay, final: config.weightDecayEnd }),
      teacherMomentum: cosineSchedule({ ...run, base: config.teacherMomentum, final: 1 }),
    },
    temperatures: teacherTemperatures({
      epochs,
      warmup: config.warmupTeacherTemp,
      final: config.teacherTemp,
      warmupEpochs: config.warmupTeacherTempEpochs,
    }),
  };
}
