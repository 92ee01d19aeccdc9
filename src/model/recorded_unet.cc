#include "model/recorded_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace deepcache_gen {
namespace {

// Sizes of a batch, with both halves of guidance and with one, that are remembered; and calls of them.
constexpr std::size_t kMostInputs = 8, kMostCalls = 24;

bool are_alike(const at::Tensor& one, const at::Tensor& other) {
  if (!one.defined() || !other.defined()) return one.defined() == other.defined();
  return one.sizes() == other.sizes() && one.scalar_type() == other.scalar_type();
}

bool are_alike(const std::vector<at::Tensor>& ones, const std::vector<at::Tensor>& others) {
  return std::equal(ones.begin(), ones.end(), others.begin(), others.end(),
                    [](const at::Tensor& one, const at::Tensor& other) { return are_alike(one, other); });
}

at::Tensor room_for(const at::Tensor& tensor) { return tensor.defined() ? at::empty_like(tensor) : tensor; }

void bring_to(const at::Tensor& place, const at::Tensor& numbers) {
  if (place.defined()) place.copy_(numbers);
}

}  // namespace

// Where recordings of calls of these shapes read what they work on.
struct RecordedUNet::Inputs {
  at::Tensor latents, timesteps, guidance;
  Conditioning conditioning;
  Conditioning told;  // whose numbers are there; held, so that no other tensors get their addresses

  explicit Inputs(const UNetInput& input)
      : latents(room_for(input.latents)), timesteps(room_for(input.timesteps)), guidance(room_for(input.guidance)) {
    conditioning.context = room_for(input.conditioning.context);
    for (const at::Tensor& added : input.conditioning.added) conditioning.added.push_back(room_for(added));
  }

  bool fit(const UNetInput& input) const {
    return are_alike(latents, input.latents) && are_alike(timesteps, input.timesteps) &&
           are_alike(guidance, input.guidance) && are_alike(conditioning.context, input.conditioning.context) &&
           are_alike(conditioning.added, input.conditioning.added);
  }

  bool know(const Conditioning& other) const {
    return told.context.is_same(other.context) &&
           std::equal(told.added.begin(), told.added.end(), other.added.begin(), other.added.end(),
                      [](const at::Tensor& one, const at::Tensor& another) { return one.is_same(another); });
  }

  void learn(const Conditioning& other) {
    told = other;
    bring_to(conditioning.context, other.context);
    for (std::size_t i = 0; i < other.added.size(); ++i) bring_to(conditioning.added[i], other.added[i]);
  }

  UNetInput input(const UNetResiduals* residuals) const {
    return {latents, timesteps, conditioning, residuals, guidance};
  }
};

// Where recordings of a call read what a control net adds, which are other tensors for full calls than for cached ones.
class RecordedUNet::ResidualsRoom {
 public:
  explicit ResidualsRoom(const UNetResiduals* residuals) {
    if (residuals == nullptr) return;
    room_.emplace();
    for (const at::Tensor& skip : residuals->skips) room_->skips.push_back(room_for(skip));
    room_->mid = room_for(residuals->mid);
  }

  bool fits(const UNetResiduals* residuals) const {
    if (!room_ || residuals == nullptr) return !room_ && residuals == nullptr;
    return are_alike(room_->skips, residuals->skips) && are_alike(room_->mid, residuals->mid);
  }

  void bring(const UNetResiduals* residuals) {
    if (!room_) return;
    for (std::size_t i = 0; i < room_->skips.size(); ++i) bring_to(room_->skips[i], residuals->skips[i]);
    bring_to(room_->mid, residuals->mid);
  }

  const UNetResiduals* get() const { return room_ ? &*room_ : nullptr; }

 private:
  std::optional<UNetResiduals> room_;
};

struct RecordedUNet::Call {
  const Inputs* inputs;
  ResidualsRoom residuals;
  int branch;
  at::Tensor feature;       // that a cached call reads, where it is read; undefined: a full call
  bool reads_ours;          // whether `feature` is what a full call handed out
  at::Tensor model_output;  // undefined before it was made once
  at::Tensor deep_feature;  // that a full call hands out
  std::unique_ptr<Recording> recording;

  FullOutput as_usual(const UNet& unet) const {
    const UNetInput input = inputs->input(residuals.get());
    if (!feature.defined()) return unet.full(input, branch);
    return {unet.shallow(input, branch, feature), {}};
  }

  void make_in_place(const UNet& unet) const {
    const FullOutput output = as_usual(unet);
    model_output.copy_(output.model_output);
    if (deep_feature.defined()) deep_feature.copy_(output.deep_feature);
  }
};

RecordedUNet::RecordedUNet(const UNet& unet, std::unique_ptr<Recorder> recorder)
    : unet_(unet), recorder_(std::move(recorder)) {}

RecordedUNet::~RecordedUNet() = default;

bool RecordedUNet::records() const {
  if (!recorder_) forget();
  return recorder_ != nullptr;
}

UNet::FullOutput RecordedUNet::full(const UNetInput& input, int branch) const {
  if (!records()) return unet_.full(input, branch);
  const Inputs& inputs = bring(input);
  Call& call = call_of(inputs, input.residuals, branch, {});
  make(call);
  return {call.model_output, call.deep_feature};
}

UNet::FullOutputs RecordedUNet::full(const UNetInput& input, std::span<const int> branches) const {
  return unet_.full(input, branches);
}

at::Tensor RecordedUNet::shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const {
  if (!records()) return unet_.shallow(input, branch, deep_feature);
  const Inputs& inputs = bring(input);
  Call& call = call_of(inputs, input.residuals, branch, deep_feature);
  if (!call.reads_ours) call.feature.copy_(deep_feature);
  make(call);
  return call.model_output;
}

RecordedUNet::Inputs& RecordedUNet::bring(const UNetInput& input) const {
  const auto known =
      std::find_if(inputs_.begin(), inputs_.end(), [&](const Inputs& inputs) { return inputs.fit(input); });
  if (known != inputs_.end()) {
    inputs_.splice(inputs_.begin(), inputs_, known);
  } else {
    if (inputs_.size() == kMostInputs) {
      calls_.remove_if([&](const Call& call) { return call.inputs == &inputs_.back(); });
      inputs_.pop_back();
    }
    inputs_.emplace_front(input);
  }
  Inputs& inputs = inputs_.front();
  bring_to(inputs.latents, input.latents);
  bring_to(inputs.timesteps, input.timesteps);
  bring_to(inputs.guidance, input.guidance);
  if (!inputs.know(input.conditioning)) {
    inputs.learn(input.conditioning);
    unet_.reread(inputs.conditioning);
  }
  return inputs;
}

RecordedUNet::Call& RecordedUNet::call_of(const Inputs& inputs, const UNetResiduals* residuals, int branch,
                                          const at::Tensor& feature) const {
  const bool reads_ours = feature.defined() && is_ours(feature);
  const auto known = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.inputs == &inputs && call.branch == branch && call.reads_ours == reads_ours &&
           call.residuals.fits(residuals) && are_alike(call.feature, feature) &&
           (!reads_ours || call.feature.const_data_ptr() == feature.const_data_ptr());
  });
  if (known != calls_.end()) {
    calls_.splice(calls_.begin(), calls_, known);
  } else {
    if (calls_.size() == kMostCalls) calls_.pop_back();
    const at::Tensor place = reads_ours ? feature : room_for(feature);
    calls_.push_front({&inputs, ResidualsRoom(residuals), branch, place, reads_ours, {}, {}, nullptr});
  }
  calls_.front().residuals.bring(residuals);
  return calls_.front();
}

bool RecordedUNet::is_ours(const at::Tensor& feature) const {
  return std::any_of(calls_.begin(), calls_.end(), [&](const Call& call) {
    return call.deep_feature.defined() && call.deep_feature.is_alias_of(feature);
  });
}

void RecordedUNet::make(Call& call) const {
  if (!call.model_output.defined()) {
    FullOutput output = call.as_usual(unet_);
    call.model_output = std::move(output.model_output);
    call.deep_feature = std::move(output.deep_feature);
    return;
  }
  if (!call.recording) record(call);
  if (call.recording) {
    call.recording->play();
  } else {
    call.make_in_place(unet_);
  }
}

void RecordedUNet::record(Call& call) const {
  try {
    call.recording = recorder_->record([&] { call.make_in_place(unet_); });
  } catch (const std::exception& error) {
    problem_ = error.what();
    for (Call& other : calls_) other.recording.reset();  // it may have been for want of memory
    recorder_.reset();
  }
}

void RecordedUNet::forget() const {
  calls_.clear();
  inputs_.clear();
}

std::size_t RecordedUNet::recordings() const {
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [](const Call& call) { return call.recording != nullptr; }));
}

std::optional<std::string> RecordedUNet::take_problem() const { return std::exchange(problem_, std::nullopt); }

}  // namespace deepcache_gen
