import { isPerPixel } from '../Task.js';
import { BATCH, type TrainedStart } from '../Training.js';
import { LEARNING_RATES, PATIENCE, trainedTrial } from '../trainedTrial.js';
import type { Method } from './Method.js';

/** The methods that train a network by steps: all with the same learning rates and steps. */
export const trained: readonly Method[] = [
  method('scratch', { weights: 'random', frozen: false }),
  method('finetuned', { weights: 'pretrained', frozen: false }),
  method('finetuned-frozen', { weights: 'pretrained', frozen: true }),
];

function method(name: string, start: TrainedStart): Method {
  return {
    name,
    pretrained: start.weights === 'pretrained',
    settings: ({ network, pretrained, steps, sceneLayers, task }) => ({
      network: start.weights === 'pretrained' ? pretrained.fingerprint : network.config,
      layers: isPerPixel(task.kind) ? undefined : sceneLayers,
      training: [steps, BATCH, LEARNING_RATES, PATIENCE],
    }),
    run: (bench, drawn, seed) => trainedTrial(bench, drawn, { ...start, seed }),
  };
}
