import { escapeXml } from '../../pictures/escapeXml.js';
import type { LoraRunConfig } from '../LoraRunConfig.js';
import type { PromptSample } from './drawPrompts.js';

/** What a page compares. */
export interface Comparison {
  before: readonly PromptSample[];
  after: readonly PromptSample[];
  /** Of both sets from the images of the data. */
  distance?: { before: number; after: number };
  config: Pick<LoraRunConfig, 'model' | 'rank' | 'guidance' | 'sampleSteps'>;
  step: number;
}

/** A page in HTML with samples of the same prompts and seeds before and after, beside each other. */
export function comparePage({ before, after, distance, config, step }: Comparison): string {
  const picture = ({ file, prompt, seed }: PromptSample) => {
    const source = file.split(/[\\/]/).map(encodeURIComponent).join('/');
    return `<td><img src="${source}" alt="${escapeXml(`${prompt}, seed ${seed}`)}"></td>`;
  };
  const rows = before.map(
    (one, i) =>
      `<tr><th scope="row">${escapeXml(one.prompt)}<br><small>seed ${one.seed}</small></th>` +
      `${picture(one)}${picture(after[i])}</tr>`,
  );
  const far = distance
    ? `<tr><th scope="row">distance from the images</th><td>${distance.before.toFixed(2)}</td>` +
      `<td>${distance.after.toFixed(2)}</td></tr>`
    : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Before and after</title>
<style>
body { font: 16px/1.4 system-ui, sans-serif; margin: 2rem; color: #222 }
th { text-align: left; padding: 0.5rem; max-width: 20rem }
img { width: min(40vw, 320px); image-rendering: pixelated }
</style>
<h1>Before and after</h1>
<p>${escapeXml(config.model)} with low-rank adapters of rank ${config.rank}, after ${step} steps; DPM++ 2M,
${config.sampleSteps} steps, guidance ${config.guidance}.</p>
<table>
<thead><tr><th>prompt</th><th>before</th><th>after</th></tr></thead>
<tbody>
${rows.join('\n')}
${far}
</tbody>
</table>
<p>The distance is Fréchet's, of mean, deviation, quantiles and steps between pixels of each colour.</p>
</html>
`;
}
