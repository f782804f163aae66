/*
 * What a training step does besides its layers of diffusers' networks, as operations of TensorFlow, each in one pass or
 * two where TensorFlow composes it of many; `src/kernels/node/training.ts` calls them.
 */
#include "operation.h"

namespace {

using layers::Attributes;
using layers::Call;

layers::BatchNorm batchNormOf(const Call& call, const Attributes& with) {
  const int64_t channels = call.side(0, -1);
  return {call.input(0).NumElements() / std::max<int64_t>(1, channels), channels, with.epsilon, with.relu};
}

void batchNorm(const Call& call, const Attributes& with) {
  layers::Norm norm{call.floats(0), nullptr, call.floats(1), call.floats(2)};
  norm.y = call.resultLike(0, 0);
  norm.mean = call.resultLike(1, 1);
  norm.deviation = call.resultLike(2, 1);
  if (call.ok()) layers::batchNorm(call.parallel(), batchNormOf(call, with), norm);
}

void batchNormGradient(const Call& call, const Attributes& with) {
  layers::Norm norm{call.floats(0), call.floats(1), call.floats(4), call.floats(5)};
  norm.mean = const_cast<float*>(call.floats(2));
  norm.deviation = const_cast<float*>(call.floats(3));
  norm.y = call.resultLike(0, 0);
  norm.dWeight = call.resultLike(1, 4);
  norm.dBias = call.resultLike(2, 4);
  if (call.ok()) layers::batchNormGradient(call.parallel(), batchNormOf(call, with), norm);
}

/** old + momentum of the batch's mean and unbiased variance, and one batch more. */
void runningStatistics(const Call& call, const Attributes& with) {
  for (int i = 0; i < 2; ++i) {
    const float *old = call.floats(i), *batch = call.floats(3 + i);
    float* blended = call.resultLike(i, i);
    if (!call.ok()) return;
    const float weight = i == 0 ? with.momentum : with.momentum * with.unbias;
    for (int64_t c = 0; c < call.input(i).NumElements(); ++c) {
      blended[c] = old[c] * (1 - with.momentum) + batch[c] * weight;
    }
  }
  int32_t* batches = call.result<int32_t>(2, {});
  if (batches != nullptr) *batches = call.input(2).flat<int32_t>()(0) + 1;
}

void channelSum(const Call& call, const Attributes&) {
  const int64_t channels = call.side(0, -1), rows = call.input(0).NumElements() / std::max<int64_t>(1, channels);
  float* sum = call.result(0, {channels});
  if (call.ok()) layers::channelSum(call.parallel(), rows, channels, call.floats(0), sum);
}

void dropout(const Call& call, const Attributes& with) {
  const auto words = call.input(1).flat<int64_t>();
  const auto low = [&](int i) { return (uint32_t)words(i); };
  const auto high = [&](int i) { return (uint32_t)((uint64_t)words(i) >> 32); };
  const layers::Drops drops{{low(0), high(0)}, low(1), high(1), (uint32_t)with.threshold, with.scale};
  float* y = call.resultLike(0, 0);
  bool* mask = call.result<bool>(1, call.input(0).shape());
  if (call.ok()) layers::dropout(call.parallel(), call.input(0).NumElements(), drops, call.floats(0), y, mask);
}

void dropoutGradient(const Call& call, const Attributes& with) {
  const bool* mask = call.input(1).flat<bool>().data();
  float* dx = call.resultLike(0, 0);
  const int64_t count = call.input(0).NumElements();
  if (call.ok()) layers::dropoutGradient(call.parallel(), count, with.scale, call.floats(0), mask, dx);
}

/** The moments, inputs 2 and 3, belong to the optimizer alone and change in place. */
void adam(const Call& call, const Attributes&) {
  const float* n = call.floats(4);
  const layers::Adam by{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]};
  float *first = const_cast<float*>(call.floats(2)), *second = const_cast<float*>(call.floats(3));
  float* updated = call.resultLike(0, 0);
  const int64_t count = call.input(0).NumElements();
  if (call.ok()) layers::adam(call.parallel(), count, by, call.floats(0), call.floats(1), first, second, updated);
}

REGISTER_OP("DiffusionSslBatchNorm")
    .Attr("epsilon: float").Attr("relu: bool")
    .Input("x: float").Input("weight: float").Input("bias: float")
    .Output("y: float").Output("mean: float").Output("variance: float");
LAYER_OP("DiffusionSslBatchNorm", batchNorm);

REGISTER_OP("DiffusionSslBatchNormGradient")
    .Attr("epsilon: float").Attr("relu: bool")
    .Input("x: float").Input("dy: float").Input("mean: float").Input("variance: float")
    .Input("weight: float").Input("bias: float")
    .Output("dx: float").Output("d_weight: float").Output("d_bias: float");
LAYER_OP("DiffusionSslBatchNormGradient", batchNormGradient);

REGISTER_OP("DiffusionSslRunningStatistics")
    .Attr("momentum: float").Attr("unbias: float")
    .Input("running_mean: float").Input("running_var: float").Input("tracked: int32")
    .Input("mean: float").Input("variance: float")
    .Output("new_mean: float").Output("new_var: float").Output("batches: int32");
LAYER_OP("DiffusionSslRunningStatistics", runningStatistics);

REGISTER_OP("DiffusionSslChannelSum").Input("x: float").Output("sum: float");
LAYER_OP("DiffusionSslChannelSum", channelSum);

REGISTER_OP("DiffusionSslDropout")
    .Attr("threshold: int").Attr("scale: float")
    .Input("x: float").Input("words: int64")
    .Output("y: float").Output("mask: bool");
LAYER_OP("DiffusionSslDropout", dropout);

REGISTER_OP("DiffusionSslDropoutGradient")
    .Attr("scale: float")
    .Input("dy: float").Input("mask: bool")
    .Output("dx: float");
LAYER_OP("DiffusionSslDropoutGradient", dropoutGradient);

REGISTER_OP("DiffusionSslAdam")
    .Input("parameters: float").Input("gradients: float").Input("first: float").Input("second: float")
    .Input("numbers: float")
    .Output("updated: float");
LAYER_OP("DiffusionSslAdam", adam);

}  // namespace
