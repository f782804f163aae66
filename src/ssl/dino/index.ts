export { CollapseAlarm, type DinoHealth } from './CollapseAlarm.js';
export { type CosineScheduleOptions, cosineSchedule } from './cosineSchedule.js';
export { DinoHeadLayer, type DinoHeadLayerConfig } from './DinoHeadLayer.js';
export type { DinoNetwork } from './DinoNetwork.js';
export {
  type DinoStep,
  type DinoStepResult,
  DinoTraining,
  type DinoTrainingOptions,
} from './DinoTraining.js';
export { type DinoHeadConfig, dinoHead } from './dinoHead.js';
export { type DinoLossOptions, dinoLoss } from './dinoLoss.js';
export { type DinoSettings, dinoPresets } from './dinoPresets.js';
export { movedCentre } from './movedCentre.js';
export { type CropOptions, type MultiCropOptions, multiCrop } from './multiCrop.js';
export { type TeacherTemperatureOptions, teacherTemperatures } from './teacherTemperatures.js';
