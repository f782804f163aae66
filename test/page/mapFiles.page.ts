import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobReader, ZipReader } from '@zip.js/zip.js';
import { initBackend } from 'diffusion-ssl/backends/node';
import { decodeGeoTiff, encodeGeoTiff, type GeoTiffInput } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { headFromJson } from 'diffusion-ssl/heads';
import { headPredictor, MemorySink, mapScene } from 'diffusion-ssl/maps';
import { inferenceModel } from 'diffusion-ssl/models';
import { fromPretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './support/chromium.js';
import {
  clickPixel,
  enterMapRoom,
  halves,
  openScene,
  points,
  saved,
  takeFeatures,
  untilPainted,
} from './support/mapRoom.js';
import { answer, dropOn, openPage, type PageHost, startHost, untilNotice } from './support/openPage.js';

interface Collection {
  crs?: unknown;
  diffusion_ssl: { coordinates: string; pixels?: boolean };
  features: { geometry: { coordinates: [number, number] }; properties: { label: string; image: string } }[];
}

const sampleModel = fileURLToPath(new URL('../../examples/browser/public/samples/model', import.meta.url));
const TAKEN = 'The 2 points on this scene are not saved. Take another scene?';

describe.skipIf(!chromiumPath)('what the second room saves', () => {
  let host: PageHost;
  const folder = mkdtempSync(path.join(tmpdir(), 'page-maps-'));
  const file = (name: string, bytes: Uint8Array) => {
    const place = path.join(folder, name);
    writeFileSync(place, bytes);
    return place;
  };
  /** Opens a scene and places a point of class 1 in the water, and one of class 2 in the desert. */
  const placeTwo = async (page: Page, scene: string) => {
    await openScene(page, scene);
    await clickPixel(page, [20, 30], 1);
    await clickPixel(page, [90, 60], 2);
  };
  const collectionOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as Collection;
  beforeAll(async () => {
    host = await startHost();
  });
  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const utm: Partial<GeoTiffInput> = { epsg: 32633, transform: [10, 0, 612345, 0, -10, 4987654] };
  it('points in longitude and latitude, which lie where they were when they are opened again', async () => {
    const { page, problems } = await openPage(host);
    await enterMapRoom(page);
    await placeTwo(page, file('utm.tif', encodeGeoTiff(halves(120, 96, utm))));
    const name = page.locator('#class-list li:nth-child(2) input[type=text]');
    await name.fill('bare, dry');
    await name.press('Enter');
    const { name: fileName, bytes } = await saved(page, '#save-points');
    expect(fileName).toBe('points.geojson');
    const { crs, features } = collectionOf(bytes);
    expect(crs).toBeUndefined();
    expect(features.map(({ properties }) => properties.label)).toEqual(['class 1', 'bare, dry']);
    // Of pyproj, for the centre of the first point's pixel.
    const [longitude, latitude] = features[0].geometry.coordinates;
    expect(longitude).toBeCloseTo(16.428784356190622, 8);
    expect(latitude).toBeCloseTo(45.030657437684646, 8);

    // Nothing is asked: the points are in a file.
    const before = await points(page);
    await openScene(page, file('again.tif', encodeGeoTiff(halves(120, 96, utm))));
    expect(await points(page)).toEqual([]);
    await dropOn(page, [file(fileName, bytes)]);
    await expect.poll(() => points(page)).toEqual(before);
    expect(await name.inputValue()).toBe('bare, dry');
    await takeFeatures(page);
    await untilPainted(page, 2);

    // On a scene twice as coarse that begins elsewhere they lie on the same ground; one lies outside.
    const coarse = { epsg: 32633, transform: [20, 0, 612345 + 400, 0, -20, 4987654 + 200] as never };
    await openScene(page, file('coarse.tif', encodeGeoTiff(halves(60, 60, coarse))));
    await page.setInputFiles('#open-points', file('p.geojson', bytes));
    await untilNotice(page, /^1 of the points of p\.geojson lie outside the scene and are left out\.$/);
    expect(await points(page)).toEqual([{ x: 25, y: 40, label: 1 }]);
    expect(problems).toEqual([]);
  });

  it("points in the scene's own system where it is another, and in pixels where it has none", async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    const lambert: Partial<GeoTiffInput> = { epsg: 2154, transform: [30, 0, 700000, 0, -30, 6600000] };
    await placeTwo(page, file('lambert.tif', encodeGeoTiff(halves(120, 96, lambert))));
    const own = await saved(page, '#save-points');
    await untilNotice(page, /^The points are in the scene's own system, EPSG:2154, which the file names/);
    const { crs, features } = collectionOf(own.bytes);
    expect(crs).toEqual({ type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::2154' } });
    expect(features[0].geometry.coordinates).toEqual([700000 + 30 * 20.5, 6600000 - 30 * 30.5]);

    const rgba = halves(120, 96);
    const png = encode({
      width: 120,
      height: 96,
      channels: 4,
      data: new Uint8Array(rgba.data as Uint8Array).fill(255),
    });
    await page.setInputFiles('#scene-files', file('bare.png', png));
    await page.getByText('bare.png: 120 × 96 pixels, 3 bands.').waitFor();
    await page.setInputFiles('#open-points', file('own.geojson', own.bytes));
    await untilNotice(
      page,
      /own\.geojson has places on the ground, and bare\.png does not say where it lies/,
    );
    await clickPixel(page, [20, 30], 1);
    await clickPixel(page, [90, 60], 2);
    const pixels = await saved(page, '#save-points');
    await untilNotice(page, /^The points are in pixels, column and row, which the file says/);
    expect(collectionOf(pixels.bytes).features.map(({ geometry }) => geometry.coordinates)).toEqual([
      [20.5, 30.5],
      [90.5, 60.5],
    ]);
    const other = encode({ width: 100, height: 96, channels: 3, data: new Uint8Array(28800).fill(9) });
    await page.setInputFiles('#scene-files', file('other.png', other));
    await page.getByText('other.png: 100 × 96 pixels, 3 bands.').waitFor();
    await page.setInputFiles('#open-points', file('pixels.geojson', pixels.bytes));
    await untilNotice(page, /points in pixels of an image of 120 × 96; other\.png has 100 × 96/);
    await page.setInputFiles('#scene-files', file('bare.png', png));
    await page.getByText('bare.png: 120 × 96 pixels, 3 bands.').waitFor();
    await page.setInputFiles('#open-points', file('pixels.geojson', pixels.bytes));
    await expect
      .poll(() => points(page))
      .toEqual([
        { x: 20, y: 30, label: 1 },
        { x: 90, y: 60, label: 2 },
      ]);

    // Lambert's coordinates on a scene of UTM: the page does not know how.
    await openScene(page, file('utm.tif', encodeGeoTiff(halves(120, 96, utm))));
    await page.setInputFiles('#open-points', file('own.geojson', own.bytes));
    await untilNotice(
      page,
      /own\.geojson is in EPSG:2154, the scene in EPSG:32633.*ogr2ogr -t_srs EPSG:32633/,
    );
    await page.setInputFiles('#open-points', file('none.geojson', Buffer.from('{')));
    await untilNotice(page, /^none\.geojson: is no JSON/);
    expect(await points(page)).toEqual([]);
  });

  it("the map as a GeoTIFF with the scene's place, and the head, which maps the same in Node", async () => {
    const { page, problems } = await openPage(host);
    await enterMapRoom(page);
    const scene = file('scene.tif', encodeGeoTiff(halves(400, 300, utm)));
    await placeTwo(page, scene);
    await takeFeatures(page);
    await untilPainted(page, 2);
    const classes = await saved(page, '#save-map');
    expect(classes.name).toBe('scene-classes.tif');
    const map = await decodeGeoTiff(classes.bytes);
    expect(map).toMatchObject({
      ...{ width: 400, height: 300, bands: 1, dtype: 'uint8', nodata: 255, crsKind: 'projected' },
      ...{ ...utm, bandNames: ['0 class 1, 1 class 2'] },
    });
    expect(map.data[300 * 200 + 20]).not.toBe(map.data[300 * 200 + 190]);
    await page.selectOption('#map-part', 'probabilities');
    const probabilities = await decodeGeoTiff((await saved(page, '#save-map')).bytes);
    expect(probabilities).toMatchObject({ bands: 2, bandNames: ['class 1', 'class 2'], ...utm });
    await page.selectOption('#map-part', 'uncertainty');
    expect(await decodeGeoTiff((await saved(page, '#save-map')).bytes)).toMatchObject({ bands: 1, ...utm });

    const { name, bytes } = await saved(page, '#save-head');
    expect(name).toBe('head.json');
    const { head, features, windows, classes: named } = JSON.parse(bytes.toString());
    await initBackend({ device: 'wasm' });
    const { model } = await fromPretrained(folderFiles(sampleModel));
    const { denoiser } = inferenceModel(model);
    const predict = headPredictor(denoiser, headFromJson(head), features);
    const sinks = { classes: new MemorySink(), probabilities: new MemorySink() };
    const names = named.map((one: { name: string }) => one.name);
    const raster = await openRaster(scene);
    await mapScene(raster, predict, { classes: names, outputs: sinks, ...windows });
    raster.close();
    const inNode = await decodeGeoTiff(sinks.probabilities.bytes());
    expect(inNode.bandNames).toEqual(['class 1', 'class 2']);
    const inPage = Float32Array.from(probabilities.data);
    const farthest = Float32Array.from(inNode.data).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - inPage[i])),
      0,
    );
    expect(farthest).toBeLessThan(1e-4);
    expect((await decodeGeoTiff(sinks.classes.bytes())).data).toEqual(map.data);
    expect(problems).toEqual([]);
  });

  it('maps of several images as an archive, and points by image', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    await openScene(page, [
      file('a.tif', encodeGeoTiff(halves(96, 64))),
      file('b.tif', encodeGeoTiff(halves(96, 64))),
    ]);
    await takeFeatures(page);
    await clickPixel(page, [20, 30], 1);
    // The second image begins behind the first and a gap of two pixels.
    await clickPixel(page, [98 + 70, 20], 2);
    await untilPainted(page, 2);
    const { name, bytes } = await saved(page, '#save-map');
    expect(name).toBe('map-classes.zip');
    await untilNotice(page, /^The map has no georeference: the image has none\.$/);
    const entries = await new ZipReader(new BlobReader(new Blob([new Uint8Array(bytes)]))).getEntries();
    expect(entries.map(({ filename }) => filename)).toEqual(['a-classes.tif', 'b-classes.tif']);
    const { features } = collectionOf((await saved(page, '#save-points')).bytes);
    expect(features.map(({ properties, geometry }) => [properties.image, ...geometry.coordinates])).toEqual([
      ['a.tif', 20.5, 30.5],
      ['b.tif', 70.5, 20.5],
    ]);
  });

  it('asks before unsaved points give way to another scene, and not where they are saved', async () => {
    const { page } = await openPage(host);
    await enterMapRoom(page);
    const scene = file('asks.tif', encodeGeoTiff(halves(120, 96)));
    await placeTwo(page, scene);
    await answer(page, false, TAKEN, () => page.setInputFiles('#scene-files', scene));
    expect((await points(page)).length).toBe(2);
    await saved(page, '#save-points');
    await page.setInputFiles('#scene-files', scene);
    await expect.poll(() => points(page)).toEqual([]);
  });
});
