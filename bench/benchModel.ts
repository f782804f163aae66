import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  loadTorchStateDict,
  readSafetensors,
  type SafetensorsTensor,
  toTorchStateDict,
  writeSafetensors,
} from 'diffusion-ssl/interop';
import { namedParameters, unetAttD } from 'diffusion-ssl/models';
import { type BenchNetwork, blockNum, inChannels, timeEmbeddingDim } from './networks.js';

const weightsFile = 'weights.safetensors';

/** A network of a benchmark, with the weights of its seed. */
export function makeModel({ filterConfig, size }: BenchNetwork, dropoutRate: number): tfl.LayersModel {
  return unetAttD({
    inChannels,
    filterConfig,
    blockNum,
    upmode: 'deconv_2',
    useSkipAtt: true,
    timeEmbeddingDim,
    dropoutRate,
    size: [size, size],
    seed: 1,
  });
}

/** Writes a model's weights to a folder, for all sides to load. */
export async function writeWeights(model: tfl.LayersModel, folder: string): Promise<void> {
  const weights = await toTorchStateDict(namedParameters(model));
  writeFileSync(path.join(folder, weightsFile), writeSafetensors(weights));
}

/** Reads what {@link writeWeights} wrote into a model of the same shape. */
export function readWeights(model: tfl.LayersModel, folder: string): void {
  const { tensors } = readSafetensors(readFileSync(path.join(folder, weightsFile)));
  loadTorchStateDict(namedParameters(model), tensors);
}

/** A network of a benchmark, with the weights from a folder. */
export function loadModel(network: BenchNetwork, dropoutRate: number, folder: string): tfl.LayersModel {
  const model = makeModel(network, dropoutRate);
  readWeights(model, folder);
  return model;
}

/** Standard normal values of the shape of a network's batch. */
export function normalBatch({ batch, size }: BenchNetwork, seed: number): Promise<SafetensorsTensor> {
  return normalTensor([batch, size, size, inChannels], seed);
}

/** Standard normal values of a shape. */
export async function normalTensor(shape: number[], seed: number): Promise<SafetensorsTensor> {
  const tensor = tf.randomNormal(shape, 0, 1, 'float32', seed);
  const data = await tensor.data<'float32'>();
  tensor.dispose();
  return { dtype: 'F32', shape, data };
}
