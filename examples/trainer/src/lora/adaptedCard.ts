import type { LoraRun } from './LoraRun.js';

/** The card of an adapted network, in Markdown; what only a person knows is left to fill in. */
export function adaptedCard({ state, lora }: LoraRun): string {
  const { config, history, step } = state;
  const how = lora
    ? `low-rank adapters of rank ${config.rank}, merged into its weights`
    : 'training all of its weights';
  const names = Object.keys(history[0].losses);
  const row = (losses: Record<string, number>) => names.map((name) => losses[name].toFixed(4)).join(' | ');
  return `---
library_name: diffusion-ssl
tags: [remote-sensing, satellite, diffusion, adapted]
# Say here under which licence others may use this model, in a line such as  license: cc-by-4.0
---

# A pretrained network, adapted to a new site

From the weights of \`${config.model}\`, by ${how}, for ${step} steps of ${config.chips.batch} chips.
(Say here where the chips come from, when they were taken, and which region they show.)

| loss on validation chips | ${names.join(' | ')} |
|---|${names.map(() => '---|').join('')}
| before | ${row(history[0].losses)} |
| after | ${row(history[history.length - 1].losses)} |

Bands, scaling and diffusion are those of the pretrained network.
`;
}
