import { readFile } from 'node:fs/promises';
import type { GeoTiffInput } from 'diffusion-ssl/data';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { uniformGenerator } from '../../../src/internal/philox.js';

/** Bands of the sample model, in its order. */
export const SAMPLE_BANDS = ['red', 'green', 'blue', 'elevation'];
/** What water and desert look like in these. */
const WATER = [12, 30, 75, 0];
const DESERT = [190, 160, 120, 40];

/** A scene for the sample model: desert right of the middle, water left of it. */
export function halves(width: number, height: number, rest: Partial<GeoTiffInput> = {}): GeoTiffInput {
  const random = uniformGenerator({ seed: 1, stream: 5, step: 0 });
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const column = Math.floor(i / 4) % width;
    return (column < width / 2 ? WATER : DESERT)[i % 4] + 8 * random();
  });
  return { width, height, bands: 4, data, bandNames: SAMPLE_BANDS, ...rest };
}

/** Goes into the second room. */
export async function enterMapRoom(page: Page): Promise<void> {
  await page.click('#to-map');
  await page.waitForSelector('#model option', { state: 'attached' });
}

/** Opens a scene of files and waits until the page says what its features will take. */
export async function openScene(page: Page, files: string | string[]): Promise<void> {
  await page.setInputFiles('#scene-files', files);
  await untilPlanned(page);
}

export async function untilPlanned(page: Page): Promise<void> {
  await page.waitForSelector('#take:enabled', { timeout: 60_000 });
  await page.waitForFunction(() =>
    /features a pixel/.test(document.querySelector('#plan')?.textContent ?? ''),
  );
}

/** Takes the features that were planned. */
export async function takeFeatures(page: Page): Promise<void> {
  await page.click('#take');
  await page.getByText(/The features are there/).waitFor({ timeout: 120_000 });
}

/** Clicks a pixel of the scene, for a class by its number from 1. */
export async function clickPixel(
  page: Page,
  [x, y]: readonly [number, number],
  label?: number,
): Promise<void> {
  if (label !== undefined) await page.locator(`#class-list li:nth-child(${label}) input[type=radio]`).check();
  const place = await positionOf(page, [x, y]);
  await page.locator('#sheet').click({ position: place });
}

/** Where a pixel of the scene lies in the sheet, in pixels of the screen. */
export async function positionOf(
  page: Page,
  [x, y]: readonly [number, number],
): Promise<{ x: number; y: number }> {
  const box = (await page.locator('#sheet').boundingBox())!;
  const [, , width, height] = (await page.locator('#sheet-points').getAttribute('viewBox'))!
    .split(' ')
    .map(Number);
  return { x: ((x + 0.5) / width) * box.width, y: ((y + 0.5) / height) * box.height };
}

/** Waits until the map of so many points is on the screen; says what the page says of it. */
export async function untilPainted(page: Page, points: number): Promise<string> {
  await page.waitForFunction(
    (count) => document.querySelector('#painted')?.textContent?.startsWith(`Map of ${count} points, `),
    points,
    { timeout: 60_000 },
  );
  return (await page.textContent('#painted'))!;
}

/** Red, green, blue and opacity of the map at pixels of the scene. */
export function mapColours(page: Page, places: readonly (readonly [number, number])[]): Promise<number[][]> {
  return page.locator('#sheet-map').evaluate((canvas, pixels) => {
    const context = (canvas as HTMLCanvasElement).getContext('2d')!;
    return pixels.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data]);
  }, places);
}

/** What a button saves. */
export async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** Where the points are that the page shows, and the numbers of their classes. */
export async function points(page: Page): Promise<{ x: number; y: number; label: number }[]> {
  return page.locator('#sheet .point').evaluateAll((marks) =>
    marks.map((mark) => {
      const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)/.exec(mark.getAttribute('transform') ?? '') ?? [];
      return { x: Number(x) - 0.5, y: Number(y) - 0.5, label: Number(mark.textContent) };
    }),
  );
}

/** The colours of the first two classes. */
export const [BLUE, ORANGE] = [
  [0, 0x72, 0xb2, 255],
  [0xe6, 0x9f, 0, 255],
];

/** Expects the map of {@link halves} after a point of class 1 on the left and one of class 2 on the right. */
export async function expectHalves(page: Page, width: number, height: number): Promise<void> {
  const places = Array.from({ length: 8 }, (_, i) => {
    const row = Math.floor(((i + 0.5) * height) / 8);
    return [
      [Math.floor(width / 4) - i, row],
      [Math.floor((3 * width) / 4) + i, row],
    ] as const;
  }).flat();
  const colours = await mapColours(page, places);
  expect(colours).toEqual(places.map((_, i) => (i % 2 === 0 ? BLUE : ORANGE)));
}
