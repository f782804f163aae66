import path from 'node:path';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { OpenModel } from '../model/openModel.js';
import { svgToPng } from '../pictures/svgToPng.js';
import type { Measured } from './Measured.js';
import { neighboursPicture, samplesPicture } from './pictures.js';
import { spectrumPlot } from './spectrumPlot.js';
import { evaluationCsv, evaluationText, neighboursCsv } from './tables.js';
import { trainingPlot } from './trainingPlot.js';

/** Writes tables, plots and pictures of what was measured; answers the table. */
export async function writeEvaluation(folder: string, measured: Measured, model: OpenModel): Promise<string> {
  const write = (name: string, content: string | Uint8Array) =>
    writeFileAtomic(path.join(folder, name), typeof content === 'string' ? Buffer.from(content) : content);
  const text = evaluationText(measured);
  await write('evaluation.md', text);
  await write('evaluation.csv', evaluationCsv(measured));
  await write('neighbours.csv', neighboursCsv(measured));
  const plots = { training: trainingPlot(measured), spectra: spectrumPlot(measured) };
  for (const [name, svg] of Object.entries(plots)) {
    await write(`${name}.svg`, svg);
    await write(`${name}.png`, await svgToPng(svg));
  }
  await write('samples.png', await samplesPicture(measured, model));
  await write('neighbours.png', await neighboursPicture(measured, model));
  return text;
}
