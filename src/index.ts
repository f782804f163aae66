export { addLora } from './adapters/addLora.js';
export { Lora } from './adapters/Lora.js';
export type { LoraConfig, ResolvedLoraConfig } from './adapters/LoraConfig.js';
export { type LoadLoraOptions, type LoraModels, loadLora } from './adapters/loadLora.js';
export type { LoraPart } from './adapters/loraNames.js';
export { type SaveLoraOptions, saveLora } from './adapters/saveLora.js';
export { type AdjustContrastOptions, adjustContrast } from './augmentation/adjustContrast.js';
export { type AdjustGammaOptions, adjustGamma, type GammaPatch } from './augmentation/adjustGamma.js';
export { type Augment, type ComposeOptions, compose } from './augmentation/compose.js';
export { FLIP_DIRECTIONS, type FlipDirection, flip } from './augmentation/flip.js';
export { type JitterOptions, jitter } from './augmentation/jitter.js';
export { type RescaleOptions, rescale } from './augmentation/rescale.js';
export { type RotateOptions, rotate } from './augmentation/rotate.js';
export type { AugmentationSample, MovingOptions, ValueLimits } from './augmentation/sample.js';
export { type ShiftOptions, shift } from './augmentation/shift.js';
export { type ShiftBrightnessOptions, shiftBrightness } from './augmentation/shiftBrightness.js';
export type {
  AugmentationStep,
  BrightnessStep,
  ContrastStep,
  FlipStep,
  GammaStep,
  JitterStep,
  RescaleStep,
  RotateStep,
  ShiftStep,
} from './augmentation/steps.js';
export {
  type TutorialAugmentation,
  type TutorialStepsOptions,
  tutorialSteps,
} from './augmentation/tutorialSteps.js';
export { ChipList, type ChipRow, type ChipRows } from './data/ChipList.js';
export { type ChipFile, type ChipOptions, decodeChip } from './data/decodeChip.js';
export { type DecodeGeoTiffOptions, decodeGeoTiff } from './data/decodeGeoTiff.js';
export { decodeRaster } from './data/decodeRaster.js';
export { encodeGeoTiff, type GeoTiffInput } from './data/encodeGeoTiff.js';
export { type BandSelection, findBands, type RasterBands } from './data/findBands.js';
export type {
  AffineTransform,
  GeoTiff,
  GeoTiffInfo,
  PixelArray,
  PixelType,
  PixelWindow,
  RasterPart,
  Rgb,
} from './data/geoTiffTypes.js';
export type { LabelNames, LabelShape, LabelShapes } from './data/LabelShape.js';
export { type ColumnLabelOptions, type ColumnLabels, labelsOfColumn } from './data/labelsOfColumn.js';
export { labelsOfRaster, type RasterLabelOptions } from './data/labelsOfRaster.js';
export { type BlobRaster, type OpenRasterBlobOptions, openRasterBlob } from './data/openRasterBlob.js';
export { openRemoteGeoTiff, type RemoteGeoTiff } from './data/openRemoteGeoTiff.js';
export {
  type CatalogRow,
  type CatalogUsage,
  type ParseCatalogOptions,
  parseCatalog,
} from './data/parseCatalog.js';
export { type CsvLabelOptions, parseCsvLabels } from './data/parseCsvLabels.js';
export { type GeoJsonLabelOptions, parseGeoJsonLabels } from './data/parseGeoJsonLabels.js';
export type { RemoteOptions } from './data/RemoteSource.js';
export {
  type LabelGrid,
  type LabelRaster,
  type ProjectPoint,
  type RasterizeOptions,
  rasterizeLabels,
} from './data/rasterizeLabels.js';
export { type AlphaSchedule, computeAlphaSchedule } from './diffusion/computeAlphaSchedule.js';
export { computeSnr } from './diffusion/computeSnr.js';
export type { ConditionFields, Denoiser, DenoiserCall } from './diffusion/Denoiser.js';
export { type EdmFactors, edmFactors } from './diffusion/edmFactors.js';
export type { ActivationPlan, FeatureDenoiser } from './diffusion/FeatureDenoiser.js';
export { gatherSchedule } from './diffusion/gatherSchedule.js';
export { getTimestepEmbedding, type TimestepEmbeddingOptions } from './diffusion/getTimestepEmbedding.js';
export { getVelocity } from './diffusion/getVelocity.js';
export { type LogNormalSigmasOptions, logNormalSigmas } from './diffusion/logNormalSigmas.js';
export {
  type BetaScheduleOptions,
  type BetaScheduleType,
  makeBetaSchedule,
} from './diffusion/makeBetaSchedule.js';
export { type MinSnrOptions, minSnrWeights } from './diffusion/minSnrWeights.js';
export { type OffsetNoiseOptions, offsetNoise } from './diffusion/offsetNoise.js';
export type { PredictionOptions, PredictionType } from './diffusion/predictionType.js';
export { predictNoise } from './diffusion/predictNoise.js';
export { predictV } from './diffusion/predictV.js';
export { predictX0 } from './diffusion/predictX0.js';
export { qSample } from './diffusion/qSample.js';
export { rescaleZeroTerminalSnr } from './diffusion/rescaleZeroTerminalSnr.js';
export {
  type SpaceTimestepsOptions,
  spaceTimesteps,
  type TimestepSpacing,
} from './diffusion/spaceTimesteps.js';
export type { Timesteps } from './diffusion/timesteps.js';
export { AbortError } from './errors/AbortError.js';
export { BackendError } from './errors/BackendError.js';
export { CheckpointError } from './errors/CheckpointError.js';
export { ConfigError } from './errors/ConfigError.js';
export { DataError } from './errors/DataError.js';
export { DiffusionSslError } from './errors/DiffusionSslError.js';
export { estimateFeatureMemory, type FeatureMemory } from './features/estimateFeatureMemory.js';
export { extractFeatures } from './features/extractFeatures.js';
export type { FeatureCache, FeatureStore } from './features/FeatureCache.js';
export type {
  FeatureLayers,
  FeatureMap,
  FeatureOptions,
  InversionOptions,
} from './features/FeatureOptions.js';
export { type PixelNoiseOptions, pixelNoise } from './features/pixelNoise.js';
export { stackFeatures } from './features/stackFeatures.js';
export { weightsFingerprint } from './features/weightsFingerprint.js';
export { attachHead, type MakeHead } from './finetuning/attachHead.js';
export {
  FineTuning,
  type FineTuningOptions,
  type FineTuningStepOptions,
  type LabelledBatch,
} from './finetuning/FineTuning.js';
export { type ChangeHeadOptions, changeHead } from './heads/changeHead.js';
export type { HeadOptions, LabelledRows } from './heads/checkRows.js';
export { classificationHead } from './heads/classificationHead.js';
export type { ForestHead } from './heads/ForestHead.js';
export type { Head, HeadJson } from './heads/Head.js';
export { headFromJson } from './heads/headFromJson.js';
export type { KNearestHead } from './heads/KNearestHead.js';
export { type KNearestNeighboursOptions, kNearestNeighbours } from './heads/kNearestNeighbours.js';
export type { LinearHead, StrengthScore } from './heads/LinearHead.js';
export { type LinearProbeOptions, linearProbe } from './heads/linearProbe.js';
export type { EnsembleVote, MlpEnsembleHead } from './heads/MlpEnsembleHead.js';
export type { MapHead, MapHeadOptions } from './heads/mapHead.js';
export { mostLikely } from './heads/mostLikely.js';
export { type PixelMlpEnsembleOptions, pixelMlpEnsemble } from './heads/pixelMlpEnsemble.js';
export { type RandomForestOptions, randomForest } from './heads/randomForest.js';
export { registerHeads } from './heads/registerHeads.js';
export { type SegmentationHeadOptions, segmentationHead } from './heads/segmentationHead.js';
export type { RandomKey } from './internal/philox.js';
export type { Raster } from './internal/raster.js';
export { loadTorchStateDict } from './interop/loadTorchStateDict.js';
export { loadWeights } from './interop/loadWeights.js';
export type { ByteSource, ModelFiles, WritableModelFiles } from './interop/ModelFiles.js';
export { modernAttentionNames } from './interop/modernAttentionNames.js';
export type { NamedWeight } from './interop/NamedWeight.js';
export { openSafetensors } from './interop/openSafetensors.js';
export { openTensors } from './interop/openTensors.js';
export type { LoadTorchStateDictOptions, LoadTorchStateDictResult } from './interop/planWeights.js';
export { readSafetensors } from './interop/readSafetensors.js';
export { readWeights } from './interop/readWeights.js';
export { safetensorsToFloat32 } from './interop/safetensorsToFloat32.js';
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsTensor,
  StoredTensor,
  StoredTensors,
} from './interop/safetensorsTypes.js';
export { type SaveTensorsOptions, saveTensors } from './interop/saveTensors.js';
export { type ReadWeightsOptions, selectWeights } from './interop/selectWeights.js';
export { storedStateDict } from './interop/storedStateDict.js';
export { toTorchStateDict } from './interop/toTorchStateDict.js';
export { writeSafetensors } from './interop/writeSafetensors.js';
export {
  AdditiveAttentionBlock,
  type AdditiveAttentionBlockConfig,
} from './layers/AdditiveAttentionBlock.js';
export { AddTimeEmbedding } from './layers/AddTimeEmbedding.js';
export { AttentionBlock2d, type AttentionBlock2dConfig } from './layers/AttentionBlock2d.js';
export type { ActivationName } from './layers/activation.js';
export { applyWeight } from './layers/applyWeight.js';
export { ClipEmbeddings, type ClipEmbeddingsConfig } from './layers/ClipEmbeddings.js';
export { ClipEncoderLayer, type ClipEncoderLayerConfig } from './layers/ClipEncoderLayer.js';
export { ConcatChannels } from './layers/ConcatChannels.js';
export { Conv1x1, type Conv1x1Config } from './layers/Conv1x1.js';
export { Conv2d, type Conv2dConfig } from './layers/Conv2d.js';
export { ConvBlock, type ConvBlockConfig } from './layers/ConvBlock.js';
export { DitBlock, type DitBlockConfig } from './layers/DitBlock.js';
export { DitFinalLayer, type DitFinalLayerConfig } from './layers/DitFinalLayer.js';
export { Downsample2d, type Downsample2dConfig } from './layers/Downsample2d.js';
export { EmbeddingTable, type EmbeddingTableConfig } from './layers/EmbeddingTable.js';
export { EndToken, type EndTokenConfig } from './layers/EndToken.js';
export { GroupNorm, type GroupNormConfig } from './layers/GroupNorm.js';
export { LayerNorm, type LayerNormConfig } from './layers/LayerNorm.js';
export { Linear, type LinearConfig } from './layers/Linear.js';
export { MaxPool2d } from './layers/MaxPool2d.js';
export { MetadataEmbedding, type MetadataEmbeddingConfig } from './layers/MetadataEmbedding.js';
export type { Initialization, ParameterSpec, TorchLayout, WeightSpec } from './layers/ParameterSpec.js';
export { PatchEmbed, type PatchEmbedConfig } from './layers/PatchEmbed.js';
export { PixelShuffle } from './layers/PixelShuffle.js';
export { PixelUnshuffle, type PixelUnshuffleConfig } from './layers/PixelUnshuffle.js';
export { PoolTokens, type PoolTokensConfig } from './layers/PoolTokens.js';
export { ResnetBlock2d, type ResnetBlock2dConfig } from './layers/ResnetBlock2d.js';
export { registerClipLayers } from './layers/registerClipLayers.js';
export { registerLayers } from './layers/registerLayers.js';
export { registerTransformerLayers } from './layers/registerTransformerLayers.js';
export { registerUnetLayers } from './layers/registerUnetLayers.js';
export { type LatentDistribution, SampleGaussian } from './layers/SampleGaussian.js';
export { SinusoidalEmbedding, type SinusoidalEmbeddingConfig } from './layers/SinusoidalEmbedding.js';
export { SkipDropout, type SkipDropoutConfig } from './layers/SkipDropout.js';
export { SpecLayer, type SpecLayerConfig } from './layers/SpecLayer.js';
export { TimeEmbedding, type TimeEmbeddingConfig } from './layers/TimeEmbedding.js';
export { type SinusoidConfig, TimestepMlp, type TimestepMlpConfig } from './layers/TimestepMlp.js';
export { TokenSequence, type TokenSequenceConfig } from './layers/TokenSequence.js';
export { TokensToImage, type TokensToImageConfig } from './layers/TokensToImage.js';
export { Transformer2d, type Transformer2dConfig } from './layers/Transformer2d.js';
export { UpconvBlock, type UpconvBlockConfig, type UpMode, upModes } from './layers/UpconvBlock.js';
export { Upsample2d, type Upsample2dConfig } from './layers/Upsample2d.js';
export { VitBlock, type VitBlockConfig } from './layers/VitBlock.js';
export type { WeightAdapter, WeightProduct } from './layers/WeightAdapter.js';
export { type BinaryCrossEntropyParameters, binaryCrossEntropy } from './losses/binaryCrossEntropy.js';
export { type CharbonnierParameters, charbonnier } from './losses/charbonnier.js';
export { type CrossEntropyOptions, crossEntropy } from './losses/crossEntropy.js';
export { type DiceLossOptions, diceLoss } from './losses/diceLoss.js';
export { type FocalLossOptions, focalLoss } from './losses/focalLoss.js';
export { getLossFn, type LossFnOptions, type LossFunction, type LossName } from './losses/getLossFn.js';
export { type HybridLightParameters, hybridLight } from './losses/hybridLight.js';
export { l1 } from './losses/l1.js';
export type { LabelLossOptions } from './losses/labelWeights.js';
export { mse } from './losses/mse.js';
export type { DataLevels } from './losses/normalNll.js';
export { type PerceptualParameters, perceptual } from './losses/perceptual.js';
export type { LossOptions, ScalarLossOptions } from './losses/reduceLoss.js';
export { type SsimParameters, ssim } from './losses/ssim.js';
export { Vgg16Features, type Vgg16FeaturesOptions } from './losses/Vgg16Features.js';
export type { HostWeight } from './losses/vgg16Layers.js';
export type { LabelReduction } from './losses/weightedSum.js';
export { type AttentionPredictorOptions, attentionPredictor } from './maps/attentionPredictor.js';
export { combineMembers } from './maps/combineMembers.js';
export { type HeadPredictorOptions, headPredictor } from './maps/headPredictor.js';
export type { MapOutputSinks } from './maps/MapOutputs.js';
export { MemorySink } from './maps/MemorySink.js';
export { type MapSceneOptions, mapScene, type SceneMap } from './maps/mapScene.js';
export { type NetworkPredictorOptions, networkPredictor } from './maps/networkPredictor.js';
export { predictFeatures } from './maps/predictFeatures.js';
export type {
  MapSink,
  PredictWindow,
  SceneSource,
  SceneWindow,
  WindowPrediction,
} from './maps/SceneWindow.js';
export { type WindowFeatureOptions, windowFeatures } from './maps/windowFeatures.js';
export { AreaUnderRoc, type AreaUnderRocOptions } from './metrics/AreaUnderRoc.js';
export { BinaryMetrics, type BinaryMetricsOptions } from './metrics/BinaryMetrics.js';
export { type BandDistance, type BandDistancesOptions, bandDistances } from './metrics/bandDistances.js';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './metrics/bootstrapInterval.js';
export {
  CalibrationError,
  type CalibrationErrorOptions,
  type ReliabilityBin,
} from './metrics/CalibrationError.js';
export { ClassScores } from './metrics/ClassScores.js';
export {
  type AbsentClasses,
  ConfusionMatrix,
  type ConfusionMatrixOptions,
} from './metrics/ConfusionMatrix.js';
export type { ClassNames } from './metrics/classNamesOf.js';
export { confusionMatrixCsv } from './metrics/confusionMatrixCsv.js';
export { confusionMatrixSvg } from './metrics/confusionMatrixSvg.js';
export { DamageScores } from './metrics/DamageScores.js';
export { type FeatureMoments, featureMoments } from './metrics/featureMoments.js';
export { frechetDistance } from './metrics/frechetDistance.js';
export { type KernelDistanceOptions, kernelDistance } from './metrics/kernelDistance.js';
export type { RankScore } from './metrics/LabelRanks.js';
export {
  type LabelAverage,
  type LabelScore,
  MultiLabelMetrics,
  type MultiLabelMetricsOptions,
} from './metrics/MultiLabelMetrics.js';
export { type MajorityByRegionOptions, majorityByRegion } from './metrics/majorityByRegion.js';
export { type PairedInterval, type PairedIntervalOptions, pairedInterval } from './metrics/pairedInterval.js';
export { type PowerSpectrum, powerSpectrum } from './metrics/powerSpectrum.js';
export {
  type PrecisionAndRecall,
  type PrecisionAndRecallOptions,
  precisionAndRecall,
} from './metrics/precisionAndRecall.js';
export type { RankedScoresOptions } from './metrics/RankedScores.js';
export type { AutoencoderKlConfig } from './models/AutoencoderKlConfig.js';
export { type AttentionMapsOptions, attentionMaps } from './models/attentionMaps.js';
export { autoencoderKl } from './models/autoencoderKl.js';
export { autoencoderKlParameters } from './models/autoencoderKlParameters.js';
export type { ClipTextConfig } from './models/ClipTextConfig.js';
export { type ClipTextOptions, clipText } from './models/clipText.js';
export { type ClipTextOutputs, clipTextParameters } from './models/clipTextParameters.js';
export { countParameters } from './models/countParameters.js';
export { countValues, type ParameterCount } from './models/countValues.js';
export type { DitConfig } from './models/DitConfig.js';
export type { DitTransformer2dConfig } from './models/DitTransformer2dConfig.js';
export { decodeLatents } from './models/decodeLatents.js';
export { dit } from './models/dit.js';
export { ditParameters } from './models/ditParameters.js';
export { ditTransformer2d } from './models/ditTransformer2d.js';
export { ditTransformer2dParameters } from './models/ditTransformer2dParameters.js';
export { enableGradientCheckpointing } from './models/enableGradientCheckpointing.js';
export { encodeLatents } from './models/encodeLatents.js';
export { type EncodedText, encodeText } from './models/encodeText.js';
export { estimateMemory, type MemoryEstimate, type MemoryOptions } from './models/estimateMemory.js';
export { type InferenceModel, inferenceModel } from './models/inferenceModel.js';
export { latentKl } from './models/latentKl.js';
export { layersDenoiser } from './models/layersDenoiser.js';
export { type NamedParameter, namedParameters } from './models/namedParameters.js';
export { scaleLatents } from './models/scaleLatents.js';
export { setDropoutStep } from './models/setDropoutStep.js';
export type { ImageSize } from './models/tokenGrid.js';
export type { Unet2dConditionConfig } from './models/Unet2dConditionConfig.js';
export type { Unet2dConfig } from './models/Unet2dConfig.js';
export type { UnetAttDConfig } from './models/UnetAttDConfig.js';
export type { UVitConfig } from './models/UVitConfig.js';
export { unet2d } from './models/unet2d.js';
export { type Unet2dConditionInputs, unet2dCondition } from './models/unet2dCondition.js';
export { unet2dConditionParameters } from './models/unet2dConditionParameters.js';
export { unet2dParameters } from './models/unet2dParameters.js';
export { unetAttD } from './models/unetAttD.js';
export { unscaleLatents } from './models/unscaleLatents.js';
export { uVit } from './models/uVit.js';
export { uVitParameters } from './models/uVitParameters.js';
export type { VitConfig } from './models/VitConfig.js';
export { vit } from './models/vit.js';
export { vitAttention } from './models/vitAttention.js';
export { vitParameters } from './models/vitParameters.js';
export { vitTokens } from './models/vitTokens.js';
export type {
  BandStatistics,
  NormalizationParameters,
  NormalizationStrategy,
  StatisticsProcedure,
} from './normalization/bandStatisticsTypes.js';
export { denormalizeRaster } from './normalization/denormalizeRaster.js';
export { diffusionSatFields } from './normalization/diffusionSatFields.js';
export { encodeMetadata, type MetadataField } from './normalization/encodeMetadata.js';
export {
  type AddRasterOptions,
  GlobalStatistics,
  type GlobalStatisticsOptions,
  type GlobalStatisticsState,
} from './normalization/GlobalStatistics.js';
export type { JointMoments } from './normalization/JointMoments.js';
export type { RasterMoments } from './normalization/JointStatistics.js';
export type { NodataValues } from './normalization/nodataValues.js';
export {
  type NormalizationOptions,
  type NormalizedRaster,
  normalizeRaster,
} from './normalization/normalizeRaster.js';
export {
  type LocalStatistics,
  type StatisticsSummary,
  type TypicalParametersOptions,
  type TypicalStatistics,
  typicalParameters,
} from './normalization/typicalParameters.js';
export { addRelu } from './ops/addRelu.js';
export { addToPixels } from './ops/addToPixels.js';
export { type AttentionOptions, attention } from './ops/attention.js';
export { attentionGate } from './ops/attentionGate.js';
export { attentionWeights } from './ops/attentionWeights.js';
export { avgPool2d } from './ops/avgPool2d.js';
export {
  type BatchNormOptions,
  type BatchNormParameters,
  type BatchNormResult,
  batchNormInference,
  batchNormTraining,
} from './ops/batchNorm.js';
export { biasAdd } from './ops/biasAdd.js';
export { concatChannels } from './ops/concatChannels.js';
export { type Conv2dOptions, conv2d } from './ops/conv2d.js';
export { conv2dTranspose } from './ops/conv2dTranspose.js';
export { type DownsampleConv2dOptions, downsampleConv2d } from './ops/downsampleConv2d.js';
export { type DropoutOptions, type DropoutType, dropout } from './ops/dropout.js';
export { embedding } from './ops/embedding.js';
export { geglu } from './ops/geglu.js';
export { type GeluOptions, gelu } from './ops/gelu.js';
export type { GeluType } from './ops/geluParts.js';
export { type GroupNormOptions, groupNorm } from './ops/groupNorm.js';
export type { InterpolationMode } from './ops/interpolationMatrix.js';
export { type LayerNormOptions, layerNorm } from './ops/layerNorm.js';
export { type LinearOptions, linear } from './ops/linear.js';
export { maxPool2d } from './ops/maxPool2d.js';
export { mish } from './ops/mish.js';
export { PreparedConv2d, type PreparedConv2dOptions } from './ops/PreparedConv2d.js';
export { pixelShuffle } from './ops/pixelShuffle.js';
export { pixelUnshuffle } from './ops/pixelUnshuffle.js';
export { quickGelu } from './ops/quickGelu.js';
export { type RandomIntegersOptions, randomIntegers, randomNormal, randomUniform } from './ops/random.js';
export { recompute } from './ops/recompute.js';
export { registerGradients } from './ops/registerGradients.js';
export { type Resample2dOptions, resample2d } from './ops/resample2d.js';
export { type PositionRule, type ResizePositionsOptions, resizePositions } from './ops/resizePositions.js';
export { type RmsNormOptions, rmsNorm } from './ops/rmsNorm.js';
export { silu } from './ops/silu.js';
export { upsampleBilinear2d } from './ops/upsampleBilinear2d.js';
export { upsampleNearest2d } from './ops/upsampleNearest2d.js';
export { withoutGradient } from './ops/withoutGradient.js';
export { AdaBelief, type AdaBeliefOptions } from './optimizers/AdaBelief.js';
export { Adadelta, type AdadeltaOptions } from './optimizers/Adadelta.js';
export { Adagrad, type AdagradOptions } from './optimizers/Adagrad.js';
export { Adam, type AdamOptions } from './optimizers/Adam.js';
export { Adamax, type AdamaxOptions } from './optimizers/Adamax.js';
export { AdamFamily, type AdamFamilyOptions } from './optimizers/AdamFamily.js';
export { AdamW, type AdamWOptions } from './optimizers/AdamW.js';
export { type ClippedGradients, clipByGlobalNorm } from './optimizers/clipByGlobalNorm.js';
export { clipEachByNorm } from './optimizers/clipEachByNorm.js';
export { GroupedOptimizer, type ParameterGroup } from './optimizers/GroupedOptimizer.js';
export { NAdam, type NAdamOptions } from './optimizers/NAdam.js';
export {
  type NamedVariable,
  type OptimizerState,
  PackedOptimizer,
  type PackedUpdate,
  type StoredOptimizerState,
} from './optimizers/PackedOptimizer.js';
export { RAdam, type RAdamOptions } from './optimizers/RAdam.js';
export { RMSprop, type RMSpropOptions } from './optimizers/RMSprop.js';
export { SAM, type SAMOptions } from './optimizers/SAM.js';
export { SGD, type SGDOptions } from './optimizers/SGD.js';
export {
  type ClipTokenizer,
  type ClipTokenizerOptions,
  type ClipVocabulary,
  clipTokenizer,
  type PaddedTokens,
} from './pipelines/clipTokenizer.js';
export type { Sampler } from './pipelines/readScheduler.js';
export { type GenerateOptions, TextToImagePipeline } from './pipelines/TextToImagePipeline.js';
export { textToImage } from './pipelines/textToImage.js';
export { browserFiles } from './pretrained/browserFiles.js';
export { type ChipBands, checkBands } from './pretrained/checkBands.js';
export {
  type FromPretrainedOptions,
  fromPretrained,
  type PretrainedModel,
  type PretrainedNetwork,
} from './pretrained/fromPretrained.js';
export { httpFiles } from './pretrained/httpFiles.js';
export { indexedDbFiles } from './pretrained/indexedDbFiles.js';
export type { ModelConfigs, ModelFactory } from './pretrained/ModelCodec.js';
export type {
  ModelBand,
  ModelClass,
  ModelCondition,
  ModelDescription,
  ModelDiffusion,
  ModelModality,
} from './pretrained/ModelDescription.js';
export { type SavePretrainedOptions, savePretrained } from './pretrained/savePretrained.js';
export type { Churn } from './samplers/churn.js';
export type { DpmAlgorithm } from './samplers/dpmSolverFactors.js';
export type { DynamicThresholdingOptions } from './samplers/dynamicThreshold.js';
export { type EdmScheduleOptions, edmSchedule } from './samplers/edmSchedule.js';
export { gaussianNoise } from './samplers/gaussianNoise.js';
export { type GuideDenoiserOptions, guideDenoiser } from './samplers/guideDenoiser.js';
export { type GuidanceOptions, guidedPrediction } from './samplers/guidedPrediction.js';
export { type InvertDdimOptions, invertDdim } from './samplers/invertDdim.js';
export type {
  LevelFamily,
  LevelRequest,
  NoiseLevelOptions,
  NoiseLevels,
  NoiseSchedule,
} from './samplers/NoiseSchedule.js';
export { type RepaintTimestepsOptions, repaintTimesteps } from './samplers/repaintTimesteps.js';
export type { SolverOptions } from './samplers/SolverOptions.js';
export { type SampleDdimOptions, sampleDdim } from './samplers/sampleDdim.js';
export { type DdpmVarianceType, type SampleDdpmOptions, sampleDdpm } from './samplers/sampleDdpm.js';
export { sampleDpmPlusPlus2M } from './samplers/sampleDpmPlusPlus2M.js';
export { type SampleDpmSdeOptions, sampleDpmSde } from './samplers/sampleDpmSde.js';
export { type SampleDpmSolverOptions, sampleDpmSolver } from './samplers/sampleDpmSolver.js';
export {
  type SampleDpmSolverSinglestepOptions,
  sampleDpmSolverSinglestep,
} from './samplers/sampleDpmSolverSinglestep.js';
export { type SampleEulerOptions, sampleEuler } from './samplers/sampleEuler.js';
export { type SampleEulerAncestralOptions, sampleEulerAncestral } from './samplers/sampleEulerAncestral.js';
export { type SampleHeunOptions, sampleHeun } from './samplers/sampleHeun.js';
export { type SampleLcmOptions, sampleLcm } from './samplers/sampleLcm.js';
export { type SampleLmsOptions, sampleLms } from './samplers/sampleLms.js';
export { type SamplePndmOptions, samplePndm } from './samplers/samplePndm.js';
export { type SampleRepaintOptions, sampleRepaint } from './samplers/sampleRepaint.js';
export { type SampleUniPcOptions, sampleUniPc } from './samplers/sampleUniPc.js';
export type {
  EstimateOptions,
  NoiseSource,
  SampleOptions,
  SamplerStep,
} from './samplers/types.js';
export { constant } from './schedulers/constant.js';
export { type CosineAnnealingOptions, cosineAnnealing } from './schedulers/cosineAnnealing.js';
export {
  type CosineAnnealingWarmRestartsOptions,
  cosineAnnealingWarmRestarts,
} from './schedulers/cosineAnnealingWarmRestarts.js';
export { type LinearWarmupOptions, linearWarmup } from './schedulers/linearWarmup.js';
export { type MultiStepLrOptions, multiStepLr } from './schedulers/multiStepLr.js';
export { type OneCycleOptions, oneCycle } from './schedulers/oneCycle.js';
export { type PolynomialOptions, polynomial } from './schedulers/polynomial.js';
export { type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from './schedulers/reduceLrOnPlateau.js';
export { type StepLrOptions, stepLr } from './schedulers/stepLr.js';
export type { LrScheduler, LrState } from './schedulers/types.js';
export { CollapseAlarm, type DinoHealth } from './ssl/dino/CollapseAlarm.js';
export { type CosineScheduleOptions, cosineSchedule } from './ssl/dino/cosineSchedule.js';
export { DinoHeadLayer, type DinoHeadLayerConfig } from './ssl/dino/DinoHeadLayer.js';
export type { DinoNetwork } from './ssl/dino/DinoNetwork.js';
export {
  type DinoStep,
  type DinoStepResult,
  DinoTraining,
  type DinoTrainingOptions,
} from './ssl/dino/DinoTraining.js';
export { type DinoHeadConfig, dinoHead } from './ssl/dino/dinoHead.js';
export { type DinoLossOptions, dinoLoss } from './ssl/dino/dinoLoss.js';
export { type DinoSettings, dinoPresets } from './ssl/dino/dinoPresets.js';
export { movedCentre } from './ssl/dino/movedCentre.js';
export { type CropOptions, type MultiCropOptions, multiCrop } from './ssl/dino/multiCrop.js';
export { type TeacherTemperatureOptions, teacherTemperatures } from './ssl/dino/teacherTemperatures.js';
export { type BandMaskOptions, bandMask } from './training/bandMask.js';
export { type BlockMaskOptions, blockMask } from './training/blockMask.js';
export type { BoundOptions, BoundVariance } from './training/boundTerm.js';
export { checkpointPieces } from './training/checkpointPieces.js';
export type { CheckpointParts } from './training/checkpointTensors.js';
export { type CloudMaskOptions, cloudMask } from './training/cloudMask.js';
export { type ConditionEffectOptions, conditionEffect } from './training/conditionEffect.js';
export {
  type DiffusionBatch,
  type DiffusionLossFunction,
  type DiffusionLossOptions,
  diffusionLoss,
} from './training/diffusionLoss.js';
export { type DropConditionOptions, dropCondition } from './training/dropCondition.js';
export { ExponentialMovingAverage } from './training/ExponentialMovingAverage.js';
export { type EdmBatch, type EdmLossOptions, edmLoss } from './training/edmLoss.js';
export { encodeCheckpoint } from './training/encodeCheckpoint.js';
export type { EstimateX0Options } from './training/estimateX0.js';
export { type LearnedVarianceLossOptions, learnedVarianceLoss } from './training/learnedVarianceLoss.js';
export { type MaskInputOptions, maskInput } from './training/maskInput.js';
export { NonFiniteLossError } from './training/NonFiniteLossError.js';
export type { ConditionEffect, EffectBin, FieldEffect, ShuffledLoss } from './training/PairedLosses.js';
export { readCheckpointState } from './training/readCheckpointState.js';
export { type LossRegion, regionLoss } from './training/regionLoss.js';
export { restoreCheckpoint } from './training/restoreCheckpoint.js';
export { type ScanLineMaskOptions, scanLineMask } from './training/scanLineMask.js';
export { type SelfConditionedSampler, selfConditionSampling } from './training/selfConditionSampling.js';
export {
  type SelfConditionTrainingOptions,
  selfConditionTraining,
} from './training/selfConditionTraining.js';
export {
  type Objective,
  type ObjectiveStepOptions,
  type TrainStepBaseOptions,
  type TrainStepOptions,
  type TrainStepResult,
  trainStep,
} from './training/trainStep.js';
export {
  type VariationalBound,
  type VariationalBoundOptions,
  variationalBound,
} from './training/variationalBound.js';
export { writeCheckpoint } from './training/writeCheckpoint.js';
