import type { ModelBand } from 'diffusion-ssl/pretrained';
import { describeCondition } from '../conditions/describeCondition.js';
import { countNetwork } from '../model/countNetwork.js';
import type { Run } from '../run/Run.js';

/** The model card of a run, in Markdown; what only a person knows is left to fill in. */
export function modelCard({ config, network, state, bands, conditions, data, baseline }: Run): string {
  const { history, chips } = state;
  const best = history.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const [height, width] = chips.shape;
  const { normalization, statistics, loss, predictionType, noiseSchedule, timesteps, augmentation } = config;
  const scaling =
    normalization === 'none'
      ? 'taken as they are'
      : `scaled by ${normalization} with the statistics ${statistics}`;
  const parameters = countNetwork(network).trainable.toLocaleString('en');
  const predicted = { x0: 'the clean image', noise: 'the noise', v: 'the velocity' }[predictionType];
  return `---
library_name: diffusion-ssl
tags: [remote-sensing, satellite, self-supervised, diffusion]
# Say here under which licence others may use this model, in a line such as  license: cc-by-4.0
---

# ${KINDS[network.factory]} pretrained by denoising diffusion

\`${network.factory}\` with ${parameters} parameters, trained without labels to predict ${predicted}
(schedule ${noiseSchedule}, ${timesteps} timesteps, loss ${loss}). The weights are
${config.emaDecay > 0 ? 'the moving average ' : 'those '}of the epoch with the lowest validation loss.

## Data

${data.train.length} training and ${data.validate.length} validation chips of ${height} × ${width} pixels,
${scaling}; augmentation: ${augmentation}.
(Say here where they come from, when they were taken, and which region they show.)

| band | name | unit | wavelength in µm |
|---|---|---|---|
${bands.map(bandRow).join('\n')}
${conditionList(conditions)}
## Figures

| | |
|---|---|
| validation loss | ${best.validationLoss.toFixed(4)}, after epoch ${history.indexOf(best) + 1} of ${history.length} so far |
| squared error of the best affine predictor | ${baseline.toFixed(4)} |

## Use

\`\`\`ts
import { normalizeRaster } from 'diffusion-ssl/normalization';
import { checkBands, fromPretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';

const { model, bands, normalization } = await fromPretrained(folderFiles('model'));
checkBands(bands, { count: chip.channels });
const input = normalization ? normalizeRaster(chip, normalization) : chip;
\`\`\`

${FOR_PYTHON[network.factory]}
`;
}

const KINDS = { unetAttD: 'An attention U-Net', unet2d: 'A U-Net', uVit: 'A U-ViT', dit: 'A DiT' };

const pythonOf = (name: string) =>
  `\`config.json\` has the arguments of PyTorch's \`${name}\` by their names,
and \`model.safetensors\` its \`state_dict\`.`;

const FOR_PYTHON = {
  unetAttD: pythonOf('unet_att_d'),
  unet2d: `In Python: \`DDPMPipeline.from_pretrained(folder)\` of diffusers, whose \`unet\` is a \`UNet2DModel\`.`,
  uVit: pythonOf('UViT'),
  dit: pythonOf('DiT'),
};

function bandRow({ name = '', unit = '', wavelength }: ModelBand, i: number): string {
  const cell = (text: string | number) => String(text).replaceAll(/[|\r\n]/g, ' ');
  return `| ${i + 1} | ${cell(name)} | ${cell(unit)} | ${cell(wavelength ?? '')} |`;
}

/** What the network is told, if anything. */
function conditionList(conditions: Run['conditions']): string {
  if (conditions.length === 0) return '';
  const items = conditions.map((condition) => `- ${describeCondition(condition)}`);
  return `
## Conditions

Told of a chip besides, and able to do without each (\`diffusion-ssl sample --condition\`):

${items.join('\n')}
`;
}
