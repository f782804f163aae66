import { element } from '../element.js';
import type { Page } from '../Page.js';
import { classesPart } from './classesPart.js';
import { keepMapPart } from './keepMapPart.js';
import { MapState } from './MapState.js';
import { modelPart } from './modelPart.js';
import { paintPart } from './paintPart.js';
import room from './room.html?raw';
import './room.css';
import { scenePart } from './scenePart.js';
import { sheetPart } from './sheetPart.js';

/** What the room takes of files that are dropped. */
export interface MapRoom {
  useScene(files: File[]): Promise<void>;
  openModel(files: File[]): Promise<void>;
  openPoints(file: File): Promise<void>;
  /** Called each time that it is entered. */
  enter(): Promise<void>;
}

/** Furnishes the page's second room: points on a scene, and the map that a head makes of them. */
export function mapRoom(page: Page): MapRoom {
  element('map-room', HTMLElement).innerHTML = room;
  const state = new MapState();
  classesPart(state);
  sheetPart(state);
  const { openModel, offerModels } = modelPart(page, state);
  const useScene = scenePart(page, state);
  paintPart(page, state);
  const openPoints = keepMapPart(page, state);
  return { useScene, openModel, openPoints, enter: offerModels };
}
