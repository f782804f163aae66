import { type TrainedStart, trainedTrial } from '../trainedTrial.js';
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
    run: (bench, drawn, seed) => trainedTrial(bench, drawn, { ...start, seed }),
  };
}
