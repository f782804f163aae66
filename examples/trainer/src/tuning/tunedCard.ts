import { SCORE_NAMES } from '../transfer/score.js';
import type { TuneRun } from './TuneRun.js';
import { bestCheck } from './TuneState.js';

const ASKED = {
  segmentation: 'the class of each pixel',
  change: 'whether each pixel changed between two dates',
  scenes: 'the class of a chip',
  groups: 'which classes are in a chip',
} as const;

/** The card of a fine-tuned model, in Markdown; what only a person knows is left to fill in. */
export function tunedCard({ state, task, classes, model }: TuneRun): string {
  const { config } = state;
  const best = bestCheck(state);
  const [height, width] = task.shape;
  const { train, validate } = task.sets;
  const trained = config.frozen ? 'the head alone was trained' : 'network and head were trained';
  return `---
library_name: diffusion-ssl
tags: [remote-sensing, satellite, fine-tuned]
# Say here under which licence others may use this model, in a line such as  license: cc-by-4.0
---

# A pretrained network, fine-tuned to tell ${ASKED[config.task]}

\`${model.factory}\` with a head (${config.task === 'segmentation' ? config.head : config.task}), from the weights of
\`${config.model}\`: ${trained} for ${best?.step ?? 0} steps of ${config.batch} chips, loss ${config.loss}. The weights
are ${config.ema > 0 ? 'the moving average ' : 'those '}at the best score on the validation chips.

## Classes

| | name | colour |
|---|---|---|
${classes.map(({ name, colour }, i) => `| ${i} | ${name.replaceAll(/[|\r\n]/g, ' ')} | \`${colour}\` |`).join('\n')}

## Data

${train.count} training and ${validate.count} validation chips of ${height} × ${width} pixels with labels.
(Say here where they come from, when they were taken, which region they show, and who labelled them.)

## Figures

| | |
|---|---|
| ${SCORE_NAMES[task.kind]} on the validation chips | ${best?.score.toFixed(3) ?? ''} |
| loss there | ${best?.validationLoss.toFixed(4) ?? ''} |

## Use

\`\`\`bash
npx diffusion-ssl-trainer predict FOLDER scene.tif --out map.tif
\`\`\`

\`model.safetensors\` holds the network, under torch's names, its last layer as it was pretrained; \`head.safetensors\`
the head's weights, \`head.json\` what the head is.
`;
}
