import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import type { FineTuning } from 'diffusion-ssl/finetuning';
import { networkPredictor, type PredictWindow } from 'diffusion-ssl/maps';
import type { Raster } from 'diffusion-ssl/normalization';
import type { TunedFile } from '../heads/HeadFile.js';
import { imageTensor } from '../model/imageTensor.js';
import type { OpenModel } from '../model/openModel.js';
import { scalingOf } from '../model/scalingOf.js';
import { sizeMultiple } from '../model/sizeMultiple.js';
import { networkInput } from '../tuning/networkInput.js';
import { twoDateScaling } from '../tuning/twoDateScaling.js';
import type { Predictor } from './Predictor.js';

/** Windows of the usual 256 pixels are predicted by fours. */
const BATCH_PIXELS = 2 ** 18;

/**
 * A fine-tuned network.
 *
 * @param passes How often a window is predicted: more than once with dropout, and a window then throws where the
 * network has none.
 */
export function tunedPredictor(
  file: TunedFile,
  model: OpenModel,
  { tuning, passes }: { tuning: FineTuning; passes: number },
): Predictor {
  const ofOne = scalingOf(model);
  const normalization = file.task === 'change' ? twoDateScaling(ofOne) : ofOne;
  const ready = passes > 1 ? undefined : tuning.prepare();
  const logits = (x: tf.Tensor4D, pass: number) => {
    const input = networkInput(x, file.task);
    return ready ? ready.predict(input) : tuning.predictDropping(input, pass);
  };
  return {
    file,
    model,
    stride: sizeMultiple(model),
    window:
      passes > 1
        ? thatDrops(networkPredictor(logits, { normalization, passes }))
        : networkPredictor(logits, { normalization, batchPixels: BATCH_PIXELS }),
    async whole(image: Raster) {
      const answers = tf.tidy(() => {
        const x = imageTensor(image, normalization);
        const each = Array.from({ length: passes }, (_, pass) =>
          file.task === 'groups' ? tf.sigmoid(logits(x, pass)) : tf.softmax(logits(x, pass)),
        );
        return tf.mean(tf.stack(each), 0);
      });
      const values = (await answers.data()) as Float32Array;
      answers.dispose();
      return values;
    },
    dispose: () => {
      ready?.dispose();
      model.model.dispose();
    },
  };
}

/** Less than what a probability is told apart by. */
const SAME = 1e-9;

/** @throws {ConfigError} (rejects, on the first call) If all passes agree in every pixel: then nothing was dropped. */
function thatDrops(predict: PredictWindow): PredictWindow {
  let isKnown = false;
  return async (window) => {
    const answer = await predict(window);
    if (!isKnown && !answer.uncertainty?.some((value) => value > SAME)) {
      throw new ConfigError(
        '--passes asks for dropout, but the network drops nothing: combine several by --with.',
      );
    }
    isKnown = true;
    return answer;
  };
}
