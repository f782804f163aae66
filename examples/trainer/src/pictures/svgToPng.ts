import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const require = createRequire(import.meta.url);
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => `dejavu-fonts-ttf/ttf/${name}`);
let fonts: Promise<Uint8Array[]> | undefined;

/** Starts the renderer and reads the fonts, once in a process. */
async function start(): Promise<Uint8Array[]> {
  const wasm = require.resolve('@resvg/resvg-wasm/index_bg.wasm');
  const [module, ...buffers] = await Promise.all(
    [wasm, ...fontFiles.map((name) => require.resolve(name))].map((file) => readFile(file)),
  );
  await initWasm(module);
  return buffers;
}

/**
 * Draws an SVG as a PNG. Text is set in DejaVu Sans (regular and bold), whatever the machine has installed.
 *
 * @param svg The picture.
 * @param scale Pixels a user unit; 2 by default, for sharp text on dense screens.
 * @returns The PNG file, RGBA; transparent where the SVG draws nothing.
 */
export async function svgToPng(svg: string, scale = 2): Promise<Uint8Array> {
  fonts ??= start();
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontBuffers: await fonts, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  try {
    const image = resvg.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    resvg.free();
  }
}
