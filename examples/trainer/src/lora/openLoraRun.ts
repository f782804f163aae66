import type { LayersModel } from '@tensorflow/tfjs-layers';
import { addLora, type Lora } from 'diffusion-ssl/adapters';
import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { ConfigError } from 'diffusion-ssl/errors';
import { namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { ExponentialMovingAverage } from 'diffusion-ssl/training';
import { restoreTrained } from '../checkpoint/restoreTrained.js';
import { changedInputs } from '../checkpoint/runInputs.js';
import { warnOfBuild } from '../checkpoint/warnOfBuild.js';
import type { LoraRun } from './LoraRun.js';
import type { LoraRunConfig } from './LoraRunConfig.js';
import type { LoraState } from './LoraState.js';
import type { LoraFlags } from './loraOptions.js';
import { openSite, type SubjectStart } from './openSite.js';
import { rateOf } from './rateOf.js';
import type { LoraPoint } from './readLoraPoint.js';
import { openTexts } from './texts/openTexts.js';
import { countTrainable } from './trainedShare.js';

/** What an adaptation is opened with. */
export interface LoraStart extends Omit<SubjectStart, 'flags'> {
  run: LoraFlags;
  resumed?: LoraPoint;
  backend: Pick<StartedBackend, 'build'>;
}

/**
 * Opens network and chips and adds adapters, from the beginning or from a checkpoint.
 *
 * @throws If one cannot be read, or on resuming another is found than before.
 */
export async function openLoraRun({ run, resumed, backend, ...start }: LoraStart): Promise<LoraRun> {
  const { folder, config, teller, signal } = start;
  const subject = await (isTold(config) ? openTexts : openSite)({
    ...start,
    flags: { ...run, acceptChanges: false },
  });
  try {
    // Before there are adapters, which freeze them.
    const all = namedParameters(subject.network);
    const weights = countTrainable(all);
    const lora = config.full ? undefined : adaptersOf(subject.network, config);
    const parameters = lora?.parameters ?? all;
    const optimizer = new AdamW({ learningRate: rateOf(config), weightDecay: config.weightDecay });
    const ema = config.ema > 0 ? new ExponentialMovingAverage(parameters, config.ema) : undefined;
    let state: LoraState = {
      ...{ config, inputs: subject.inputs, contents: subject.contents(), build: backend.build },
      ...{ epoch: 0, nextBatch: 0, step: 0, sum: { loss: 0, count: 0 }, history: [] },
    };
    if (resumed) {
      const { inputs } = resumed.state;
      const added = Object.keys(subject.inputs).filter((name) => !(name in inputs));
      const changed = [...changedInputs(inputs, subject.inputs), ...added];
      if (changed.length > 0) {
        throw new ConfigError(
          `The run depends on what has changed since: ${changed.join(', ')}. Put it back, or start a new run.`,
        );
      }
      warnOfBuild(resumed.state.build, backend.build, (text) => teller.warning(text));
      await restoreTrained(resumed, { parameters, optimizer, ema });
      subject.expect(resumed.state.contents);
      state = { ...resumed.state, config, build: backend.build };
    }
    const { checkpointSteps } = run;
    return {
      ...{ folder, state, subject, weights, lora, parameters, optimizer, ema },
      ...{ checkpointSteps, unsaved: false, teller, signal },
    };
  } catch (error) {
    await subject.close();
    throw error;
  }
}

/** Whether texts go with the images. */
function isTold({ captions, captionColumn }: LoraRunConfig): boolean {
  return captions !== undefined || captionColumn !== undefined;
}

/** Where diffusers' training has adapters. */
const OF_ATTENTION = ['to_k', 'to_q', 'to_v', 'to_out.0'];

function adaptersOf(network: LayersModel, config: LoraRunConfig): Lora {
  const { rank: r, alpha = r, rslora, dropout, targets, exclude, chips } = config;
  try {
    return addLora(network, {
      ...{ r, loraAlpha: alpha, useRslora: rslora, loraDropout: dropout, seed: chips.seed },
      targetModules: targets ? targetsOf(targets) : isTold(config) ? OF_ATTENTION : () => true,
      excludeModules: exclude,
    });
  } catch (error) {
    const message = (error as Error).message.replace('addLora: ', '').replace('targetModules', 'the pattern');
    throw new ConfigError(`--targets: ${message}`, { cause: error });
  }
}

/** One text with signs that are in no name is a pattern for whole names; others are ends of names. */
function targetsOf(targets: readonly string[]): readonly string[] | RegExp {
  const [first] = targets;
  if (targets.length > 1 || /^[\w.]+$/.test(first)) return targets;
  return new RegExp(first);
}
