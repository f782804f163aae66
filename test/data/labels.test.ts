import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff } from '../../src/data/encodeGeoTiff.js';
import type { AffineTransform } from '../../src/data/geoTiffTypes.js';
import { labelsOfColumn } from '../../src/data/labelsOfColumn.js';
import { labelsOfRaster } from '../../src/data/labelsOfRaster.js';
import { parseCsvLabels } from '../../src/data/parseCsvLabels.js';
import { parseGeoJsonLabels } from '../../src/data/parseGeoJsonLabels.js';
import { rasterizeLabels } from '../../src/data/rasterizeLabels.js';
import { fixturePath } from '../support/fixtures.js';

interface PolygonCases {
  width: number;
  height: number;
  cases: { transform: AffineTransform; geojson: unknown; labels: string[] }[];
}

const polygons = JSON.parse(readFileSync(fixturePath('labels/polygons.json'), 'utf8')) as PolygonCases;
const grid = { width: 4, height: 3, epsg: 32633, transform: [10, 0, 500, 0, -10, 730] as AffineTransform };
const feature = (geometry: unknown, label: unknown) => ({ type: 'Feature', geometry, properties: { label } });
const collection = (...features: unknown[]) => JSON.stringify({ type: 'FeatureCollection', features });
const point = (...coordinates: number[]) => ({ type: 'Point', coordinates });

describe('rasterizeLabels', () => {
  it.each(polygons.cases.map((polygon, i) => ({ i, ...polygon })))(
    'fills areas with holes as GDAL does, case $i',
    ({ transform, geojson, labels }) => {
      const { width, height } = polygons;
      const { shapes } = parseGeoJsonLabels(JSON.stringify(geojson));
      const { data, conflicts } = rasterizeLabels(
        { shapes, epsg: null },
        { width, height, epsg: null, transform },
      );
      const rows = labels.map((_, row) =>
        [...data.subarray(row * width, (row + 1) * width)]
          .map((label) => (label === 255 ? '.' : label))
          .join(''),
      );
      expect(rows).toEqual(labels);
      expect(conflicts).toBeGreaterThan(0);
    },
  );

  it('puts points on the pixels that they lie in, by a projection', () => {
    const text = 'lon;lat;class\n0;0;2\n3,9;2;5\n'.replace('3,9', '3.9');
    const labels = parseCsvLabels(text);
    expect(labels.epsg).toBe(4326);
    expect(() => rasterizeLabels(labels, grid)).toThrow(
      /labels are in EPSG:4326, the raster in EPSG:32633.*project/,
    );
    const project = (x: number, y: number) => [500.5 + 10 * x, 729 - 10 * y] as const;
    const raster = rasterizeLabels(labels, grid, { project, noLabel: -1 });
    expect([...raster.data]).toEqual([2, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 5]);
    const outside = parseCsvLabels('x,y,label\n499,725,1\n505,725,1\n509,721,0\n');
    expect(outside.epsg).toBeNull();
    expect(rasterizeLabels(outside, grid)).toMatchObject({ outside: 1, conflicts: 1 });
    expect(rasterizeLabels(outside, grid).data[0]).toBe(0);
  });

  it('refuses grids and labels that cannot be', () => {
    const labels = parseCsvLabels('x,y,label\n505,725,255\n');
    expect(() => rasterizeLabels(labels, grid)).toThrow(/has the label 255, which is noLabel/);
    expect(() => rasterizeLabels(labels, { ...grid, transform: null })).toThrow(/grid.transform is null/);
    expect(() => rasterizeLabels(labels, { ...grid, transform: [0, 0, 1, 0, 0, 2] })).toThrow(
      /has no inverse/,
    );
  });
});

describe('parseGeoJsonLabels', () => {
  it('reads every kind of point and area, and names as classes', () => {
    const ring = [
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 0],
    ];
    const text = collection(
      feature(point(1, 2, 99), 'water'),
      feature(
        {
          type: 'MultiPoint',
          coordinates: [
            [1, 2],
            [3, 4],
          ],
        },
        'city',
      ),
      feature({ type: 'MultiPolygon', coordinates: [[ring], [ring, ring]] }, 'water'),
      feature({ type: 'GeometryCollection', geometries: [point(5, 6)] }, 'forest'),
      feature(null, undefined),
    );
    const { shapes, classes, epsg } = parseGeoJsonLabels(`\uFEFF${text}`);
    expect(classes).toEqual(['city', 'forest', 'water']);
    expect(epsg).toBe(4326);
    expect(shapes.map(({ label, kind, lists }) => [label, kind, lists.length])).toEqual([
      [2, 'points', 1],
      [0, 'points', 1],
      [2, 'area', 1],
      [2, 'area', 2],
      [1, 'points', 1],
    ]);
    expect(shapes[0].lists).toEqual([[[1, 2]]]);
    const named = parseGeoJsonLabels(text.replaceAll('forest', 'city'), {
      classes: ['water', 'city', 'other'],
    });
    expect(named.shapes.map(({ label }) => label)).toEqual([0, 1, 0, 0, 1]);
    expect(() => parseGeoJsonLabels(text, { classes: ['water'], name: 'a.geojson' })).toThrow(
      /a.geojson, feature 1, property 'label': 'city' is none of the classes water/,
    );
  });

  it('knows the systems that older files name', () => {
    const epsgOf = (name: string) =>
      parseGeoJsonLabels(
        JSON.stringify({
          type: 'FeatureCollection',
          features: [],
          crs: { type: 'name', properties: { name } },
        }),
      ).epsg;
    expect(epsgOf('urn:ogc:def:crs:OGC:1.3:CRS84')).toBe(4326);
    expect(epsgOf('urn:ogc:def:crs:EPSG::32633')).toBe(32633);
    expect(epsgOf('urn:ogc:def:crs:EPSG:6.9:3857')).toBe(3857);
    expect(epsgOf('EPSG:2056')).toBe(2056);
    expect(() => epsgOf('local')).toThrow(/names no EPSG code/);
  });

  it.each([
    ['{', /is no JSON/],
    ['{"type":"Point"}', /is no GeoJSON of a type/],
    [
      collection(feature({ type: 'LineString', coordinates: [[0, 0]] }, 1)),
      /feature 0: is of the type 'LineString'/,
    ],
    [collection(feature(point(1), 1)), /feature 0: \[1\] is no position/],
    [
      collection(
        feature(
          {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 1],
              ],
            ],
          },
          1,
        ),
      ),
      /fewer than three corners/,
    ],
    [collection(feature(point(1, 2), undefined)), /feature 0, property 'label': there is no label/],
    [collection(feature(point(1, 2), 1.5)), /'1.5' is no label/],
    [collection(feature(point(1, 2), 1), feature(point(1, 2), 'a')), /'a' is no label beside '1'/],
  ])('refuses %s', (text, message) => {
    expect(() => parseGeoJsonLabels(text)).toThrow(message);
  });
});

describe('parseCsvLabels', () => {
  it('finds columns by their names or those given', () => {
    const { shapes, classes, epsg } = parseCsvLabels('id\tEasting\tNorthing\tkind\n1\t3\t4\t"a b"\n', {
      label: 'Kind',
      epsg: 25832,
    });
    expect(shapes).toEqual([{ label: 0, kind: 'points', lists: [[[3, 4]]] }]);
    expect([classes, epsg]).toEqual([['a b'], 25832]);
  });

  it.each([
    ['', /is empty/],
    ['a,y,label\n1,2,3', /has no column x or lon or longitude or easting; it has a, y, label/],
    ['x,y,label\n1,,3', /line 2: '' of column y is no number/],
    ['x,y,label\n1,2,3\n1,2,', /line 3: there is no label/],
  ])('refuses %j', (text, message) => {
    expect(() => parseCsvLabels(text, { name: 'CSV' })).toThrow(message);
  });
});

describe('labelsOfRaster', () => {
  const rasterOf = (
    data: Uint8Array | Float32Array,
    options: Partial<Parameters<typeof encodeGeoTiff>[0]> = {},
  ) => decodeGeoTiff(encodeGeoTiff({ width: 4, height: 3, bands: 1, data, nodata: 9, ...options }));
  const values = Uint8Array.of(10, 20, 9, 10, 20, 20, 30, 10, 10, 10, 20, 30);

  it('takes a raster of the same pixels as it is, without missing ones', async () => {
    const raster = await rasterOf(values, { transform: grid.transform, epsg: 32633 });
    expect([...labelsOfRaster(raster, grid).data]).toEqual([10, 20, 255, 10, 20, 20, 30, 10, 10, 10, 20, 30]);
    const { data } = labelsOfRaster(raster, grid, { classes: { 10: 0, 20: 1 }, noLabel: -1 });
    expect([...data]).toEqual([0, 1, -1, 0, 1, 1, -1, 0, 0, 0, 1, -1]);
  });

  it('finds the label at the centre of pixels of another grid or system', async () => {
    const raster = await rasterOf(values, { transform: grid.transform, epsg: 32633 });
    const fine = { width: 4, height: 4, epsg: 32633, transform: [5, 0, 515, 0, -5, 715] as AffineTransform };
    const found = labelsOfRaster(raster, fine);
    expect([...found.data]).toEqual([20, 30, 30, 10, 10, 20, 20, 30, 10, 20, 20, 30, 255, 255, 255, 255]);
    expect(found.outside).toBe(4);
    const other = { ...fine, epsg: 4326, transform: [0.5, 0, 51.5, 0, -0.5, 71.5] as AffineTransform };
    expect(() => labelsOfRaster(raster, other)).toThrow(/is in EPSG:32633, the chip in EPSG:4326/);
    const project = (x: number, y: number) => [10 * x, 10 * y] as const;
    expect(labelsOfRaster(raster, other, { project }).data).toEqual(found.data);
  });

  it('refuses rasters that are no labels or lie nowhere', async () => {
    const raster = await rasterOf(values);
    expect(labelsOfRaster(raster, grid).data[0]).toBe(10);
    expect(() => labelsOfRaster(raster, { ...grid, width: 5 })).toThrow(/4 × 3 pixels, the chip 5 × 3/);
    const fractions = await rasterOf(Float32Array.from(values, (value) => value / 4));
    expect(() => labelsOfRaster(fractions, grid)).toThrow(/the value 2.5, which is no label/);
    const two = await rasterOf(new Uint8Array(24), { bands: 2 });
    expect(() => labelsOfRaster(two, grid)).toThrow(/has 2 bands/);
  });
});

describe('labelsOfColumn', () => {
  const rows = ['forest|water', 'city', ''].map((cover, i) => ({ values: { cover, number: String(i) } }));

  it('numbers one label or several of a chip', () => {
    expect(labelsOfColumn(rows, 'number')).toEqual({ labels: [[0], [1], [2]], classes: null });
    expect(labelsOfColumn(rows, 'cover', { separator: '|' })).toEqual({
      labels: [[1, 2], [0], []],
      classes: ['city', 'forest', 'water'],
    });
    expect(labelsOfColumn(rows.slice(1, 2), 'cover', { classes: ['x', 'city'] }).labels).toEqual([[1]]);
  });

  it('refuses what is not there', () => {
    expect(() => labelsOfColumn(rows, 'class')).toThrow(/no column 'class'; it has cover, number/);
    expect(() => labelsOfColumn(rows, 'cover')).toThrow(/row 3, column 'cover': there is no label/);
  });
});
