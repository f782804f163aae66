import { type ModelBand, savePretrained, type WritableModelFiles } from 'diffusion-ssl/pretrained';
import type { NamedFile } from '../shared/types.js';
import type { Run } from './Run.js';

/** The model folder of a run, with the average of its weights, file by file. */
export async function modelFiles(run: Run): Promise<NamedFile[]> {
  const collected: NamedFile[] = [];
  const files: WritableModelFiles = {
    place: 'the model',
    open: async () => undefined,
    async write(name, pieces) {
      const parts: Blob[] = [];
      for await (const piece of pieces) parts.push(new Blob([piece as Uint8Array<ArrayBuffer>]));
      collected.push({ name, file: new Blob(parts) });
    },
    list: async () => [],
    remove: async () => undefined,
  };
  const { network, schedule, predictionType, scaling } = run.settings;
  const { type, ...noise } = schedule;
  const bands: readonly ModelBand[] = run.settings.bands ?? Array.from({ length: run.channels }, () => ({}));
  const { statistics: globalStats } = scaling ?? {};
  await run.ema.apply(() =>
    savePretrained(run.model, files, {
      config: network,
      bands,
      diffusion: { ...noise, schedule: type, predictionType },
      normalization: scaling && (scaling.normalization ? { ...scaling.normalization, globalStats } : null),
      card: card(
        run,
        bands.map(({ name }, i) => name ?? `band ${i + 1}`),
      ),
    }),
  );
  return collected;
}

function card({ step, losses }: Run, bands: string[]): string {
  const loss = losses.at(-1)?.[1];
  const figures = loss === undefined ? '' : `; the last loss was ${loss.toFixed(4)}`;
  return `---
library_name: diffusion-ssl
tags: [remote-sensing, satellite, self-supervised, diffusion]
# Say here under which licence others may use this model, in a line such as  license: cc-by-4.0
---

# An attention U-Net trained in a page

${step} steps of denoising diffusion on chips of ${bands.join(', ')}${figures}.
The weights are their moving average. (Say here where the chips come from.)

Opened by \`fromPretrained\` of \`diffusion-ssl/pretrained\`, and by the page.
`;
}
