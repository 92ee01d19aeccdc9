#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/kept_weights.h"
#include "backend/placement.h"
#include "backend/recorder.h"
#include "model/checksums.h"
#include "model/control_net.h"
#include "model/recorded_unet.h"
#include "model/unet_ladder.h"
#include "model/vae_decoder.h"
#include "model/vae_encoder.h"
#include "pipeline/loaded_embeddings.h"
#include "pipeline/prompt_encoder.h"

namespace deepcache_gen {

/// The UNet of a model and what encodes prompts for it.
struct PromptedUNet {
  PromptEncoder prompt_encoder;
  std::unique_ptr<UNetLadder> unet;        ///< null while it makes room for another's
  std::unique_ptr<RecordedUNet> recorded;  ///< `unet`, as long as that is there and was asked for; null: not recorded
};

/// Makes what the calls of a UNet are recorded by; empty: they are not.
using MakeRecorder = std::function<std::unique_ptr<Recorder>()>;

/// The parts of a model, loaded and ready to run, and those of its refiner. For use by one thread at a time.
class LoadedModel {
 public:
  /// Loads what text to image needs; the rest when it is first asked for. `free_bytes`: of memory, by which it is
  /// decided whether both UNets stay loaded. Throws `Error` naming the file that can't be used, or the part that the
  /// model lacks, as the others do.
  LoadedModel(const VerifiedModel& model, const Placement& placement, std::int64_t free_bytes,
              MakeRecorder make_recorder = {});

  /// What the model is, without its refiner.
  const ModelInfo& info() const { return model_.info(); }
  const PromptEncoder& prompt_encoder(bool refines) const { return of(refines).prompt_encoder; }
  /// What the prompts of these settings spell beside the vocabularies of those encoders (`LoadedEmbeddings::of`).
  std::vector<Embedding> embeddings(const GenerationSettings& settings, bool refines) const;
  /// The model's own UNet, or its refiner's. Where there is no room for both the other is given up.
  const UNet& unet(bool refines) const;
  /// Lets go of what was recorded of the UNets' calls, and of what `unet` returned, if anything was recorded: it takes
  /// memory. Returns whether there was any.
  bool forget_recordings() const;
  /// Why their calls are not recorded any more, once; unset where all is well.
  std::optional<std::string> take_recording_problem();
  /// The weights of the model, not of its refiner, that can be patched: their published names and sizes, by the role of
  /// their part. None in folders of format 1.
  const std::map<std::string, WeightSizes>& patchable_weights() const;
  /// Makes these weights what the files hold with `added`, by the role of the part, added to it; all that was added
  /// before is taken back. Packs what has been used before, so that the next run need not. Throws `Error` where a
  /// delta does not fit or a file has changed, and what packing throws: then what is added is not known, until the next
  /// call.
  void patch(const std::map<std::string, std::vector<NamedDelta>>& added);
  /// How much memory packed weights may take that are not in use, but were before the last patch.
  void limit_kept_weights(std::int64_t bytes) { kept_->limit(bytes); }
  std::int64_t bytes_of_kept_weights() const { return kept_->bytes(); }
  /// True where one UNet at a time is loaded.
  bool takes_turns() const { return takes_turns_; }
  /// The same, once: for who tells the user.
  bool takes_turns_newly() const { return !std::exchange(turns_are_told_, true) && takes_turns_; }
  const VaeDecoder& vae_decoder() const { return vae_decoder_; }
  const VaeEncoder& vae_encoder() const;
  /// A control net, whose files are verified when it is first asked for. The last few that were are kept.
  std::shared_ptr<const ControlNet> control_net(const ModelInfo& net) const;

 private:
  const VerifiedModel& model_of(bool refines) const { return refines ? *model_.refiner() : model_; }
  UNetLadder& loaded(bool refines) const;
  std::vector<RecordedUNet*> recorded() const;
  void patch_part(const std::string& role, std::span<const NamedDelta> deltas) const;
  PromptedUNet& of(bool refines) const { return refines ? *refiner_ : base_; }

  VerifiedModel model_;
  Placement placement_;
  std::shared_ptr<KeptWeights> kept_;  // of the model, not of its refiner
  bool takes_turns_;
  MakeRecorder make_recorder_;
  mutable bool turns_are_told_ = false;
  mutable PromptedUNet base_;
  mutable std::optional<PromptedUNet> refiner_;
  VaeDecoder vae_decoder_;
  mutable std::optional<VaeEncoder> vae_encoder_;
  mutable std::list<std::pair<std::string, std::shared_ptr<const ControlNet>>> control_nets_;  // last used in front
  mutable std::optional<std::map<std::string, WeightSizes>> patchable_;  // found when it is asked for
  std::map<std::string, std::vector<NamedDelta>> taken_back_;  // by role: what takes back all that may be added
  std::vector<NamedDelta> added_to_unet_;                      // for one that is loaded again
  mutable LoadedEmbeddings embeddings_;
};

/// How much memory the weights of that part take as they are computed with at this placement; about.
double bytes_of_part(const ModelInfo& model, const std::string& role, const Placement& placement);

/// Whether the UNets of a model and its refiner fit into that much memory together, and the rest of the model with
/// them, as they are computed with at this placement.
bool fit_together(const ModelInfo& model, const Placement& placement, std::int64_t free_bytes);

}  // namespace deepcache_gen
