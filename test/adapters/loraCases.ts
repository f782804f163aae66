import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { LoraConfig } from '../../src/adapters/LoraConfig.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { fromDiffusersConfig } from '../../src/models/diffusersConfig.js';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unet2dCondition } from '../../src/models/unet2dCondition.js';
import { readFixture } from '../support/fixtures.js';
import { layouts, readTensors, uploaded } from '../support/peerFamily.js';

interface Bound {
  abs: number;
  rel: number;
}

/** A case of the family `lora`: see the fixtures' README. */
export interface LoraCase {
  name: string;
  folder: string;
  lora: Record<string, unknown>;
  layers: string[];
  scaling: Record<string, number>;
  lora_parameters: number;
  scale_argument_reaches_all_layers: boolean;
  training?: {
    start: string;
    optimizer: { lr: number; betas: [number, number]; weight_decay: number; eps: number };
    losses: number[];
    tolerance: { loss: Bound; parameters_99_percent_abs: number; parameters_max_abs: number };
  }[];
}

export const { cases, tolerance } = readFixture<{
  tolerance: { output: Bound; merged_weight_abs: number };
  cases: LoraCase[];
}>('peers/lora/cases.json');

/** The network that a case adapts. */
export function baseModel({ folder }: LoraCase): tfl.LayersModel {
  const config = readFixture<Record<string, unknown>>(`peers/${folder}/unet/config.json`);
  const model = unet2dCondition(fromDiffusersConfig(config));
  const weights = readTensors(`peers/${folder}/unet/diffusion_pytorch_model.safetensors`);
  loadTorchStateDict(namedParameters(model), weights);
  return model;
}

/** How a case's adapters are made. */
export function configOf({ lora }: LoraCase): LoraConfig {
  return fromDiffusersConfig(lora) as unknown as LoraConfig;
}

/** What a network makes of the inputs of a case, in torch's layout. */
export async function outputOf(model: tfl.LayersModel, { folder }: LoraCase): Promise<Float32Array> {
  const io = readTensors(`peers/${folder}/io.safetensors`);
  const result = tf.tidy(() => {
    const inputs = [
      uploaded(io.get('sample')!, layouts.image),
      tf.reshape(tf.cast(uploaded(io.get('timestep')!), 'float32'), [-1, 1]),
      uploaded(io.get('encoder_hidden_states')!),
    ];
    return tf.transpose(model.apply(inputs) as tf.Tensor4D, [0, 3, 1, 2]);
  });
  const values = await result.data<'float32'>();
  result.dispose();
  return values;
}

/** The outputs that a case has, by name. */
export function expectedOutputs({ folder }: LoraCase): Map<string, Float32Array> {
  const io = readTensors(`peers/${folder}/io.safetensors`);
  return new Map([...io].map(([name, { data }]) => [name, data as Float32Array]));
}

/** The values of all parameters of a network. */
export async function weightsOf(model: tfl.LayersModel): Promise<Map<string, Float32Array>> {
  const entries = namedParameters(model).map(
    async ({ name, variable }) => [name, (await variable.data<'float32'>()).slice()] as const,
  );
  return new Map(await Promise.all(entries));
}
