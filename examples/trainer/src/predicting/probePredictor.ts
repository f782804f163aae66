import * as tf from '@tensorflow/tfjs-core';
import { extractFeatures } from 'diffusion-ssl/features';
import { type Head, headFromJson } from 'diffusion-ssl/heads';
import { headPredictor } from 'diffusion-ssl/maps';
import { inferenceModel } from 'diffusion-ssl/models';
import type { ProbeFile } from '../heads/HeadFile.js';
import { imageTensor } from '../model/imageTensor.js';
import type { OpenModel } from '../model/openModel.js';
import { scalingOf } from '../model/scalingOf.js';
import { sizeMultiple } from '../model/sizeMultiple.js';
import { pooled } from '../transfer/features/pooled.js';
import type { Predictor } from './Predictor.js';

/** A head over the features of a network. */
export function probePredictor(file: ProbeFile, model: OpenModel): Predictor {
  const { denoiser, dispose } = inferenceModel(model.model);
  const heads: Head[] = file.heads.map((json) => headFromJson(json));
  const { timestep, layers, noise } = file.features;
  const reading = { timesteps: [timestep], layers, noise, alphaBars: model.alphaBars };
  const normalization = scalingOf(model);
  return {
    file,
    model,
    stride: sizeMultiple(model),
    window: headPredictor(denoiser, heads[0], { ...reading, normalization }),
    async whole(image) {
      const x = imageTensor(image, normalization);
      const held: tf.Tensor[] = [x];
      try {
        const maps = await extractFeatures(denoiser, x, reading);
        held.push(...maps.map(({ map }) => map));
        const parts: Float32Array[] = [];
        for (const { map } of maps) parts.push(pooled((await map.data()) as Float32Array, map.shape.at(-1)!));
        const features = Float32Array.from(parts.flatMap((part) => [...part]));
        // Of groups there is a head a class, which says no or yes.
        if (file.task !== 'groups') return await heads[0].predict(features);
        const answers: number[] = [];
        for (const head of heads) answers.push((await head.predict(features))[1]);
        return Float32Array.from(answers);
      } finally {
        tf.dispose(held);
      }
    },
    dispose() {
      dispose();
      model.model.dispose();
    },
  };
}
