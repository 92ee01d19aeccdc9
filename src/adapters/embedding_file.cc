#include "adapters/embedding_file.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "backend/archive/float_numbers.h"
#include "backend/archive/refusal.h"
#include "backend/archive/safetensors_header.h"
#include "backend/archive/saved_file.h"
#include "support/error.h"
#include "support/file_content.h"
#include "support/printable.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

constexpr const char* kAccepted =
    "; accepted are .pt of AUTOMATIC1111, .bin of diffusers and safetensors with the vectors of one token";

[[noreturn]] void refuse_content(const std::string& what) { throw Error("is no embedding: " + what + kAccepted); }

// A vector alone, or a row for each.
EmbeddingVectors rows_of(const std::string& name, const std::vector<std::int64_t>& sizes, std::vector<float> numbers,
                         std::string type) {
  const bool has_rows = sizes.size() == 2;
  if ((!has_rows && sizes.size() != 1) || numbers.empty()) {
    refuse_content("'" + shortened(name) + "' has " + std::to_string(sizes.size()) + " sizes and " +
                   std::to_string(numbers.size()) + " numbers, expected vectors x width");
  }
  return {has_rows ? sizes[0] : 1, sizes.back(), std::move(numbers), std::move(type)};
}

const PickleDict* dict_in(const PickleValue& value) { return std::get_if<PickleDict>(&value.value); }

const PickleValue* find(const PickleDict& dict, const std::string& key) {
  const auto found = dict.items.find(key);
  return found == dict.items.end() ? nullptr : found->second.get();
}

template <typename Kind>
std::optional<Kind> noted(const PickleDict& dict, const std::string& key) {
  const PickleValue* const value = find(dict, key);
  const Kind* const known = value ? std::get_if<Kind>(&value->value) : nullptr;
  return known ? std::optional(*known) : std::nullopt;
}

// AUTOMATIC1111's parameters by token; older versions of PyTorch save them as an object that holds a dictionary.
const PickleDict& parameters_in(const PickleValue& value) {
  if (const PickleDict* const dict = dict_in(value)) return *dict;
  if (const auto* const object = std::get_if<PickleObject>(&value.value)) {
    const auto found = object->attributes.find("_parameters");
    const PickleDict* const dict = found == object->attributes.end() ? nullptr : dict_in(*found->second);
    if (dict) return *dict;
  }
  refuse_content("its 'string_to_param' is no dictionary");
}

// Of one token one set of vectors; of SDXL one for each text encoder.
template <class Items>
std::string half_called(const std::string& name, const Items& all) {
  const bool is_pair = all.contains(kClipL) || all.contains(kClipG);
  if (is_pair && (name == kClipL || name == kClipG)) return name;
  if (is_pair) refuse_content("beside clip_l and clip_g it has '" + shortened(name) + "', for a model of another kind");
  if (all.size() != 1)
    refuse_content("it has " + std::to_string(all.size()) + " entries, such as '" + shortened(name) + "'");
  return "";
}

std::span<const std::byte> bytes_of(const std::string& content) { return std::as_bytes(std::span(content)); }

}  // namespace

EmbeddingFile::EmbeddingFile(const std::filesystem::path& file) : file_(file) {
  const std::string content = read_regular_file(file, kLargest);
  sha256_ = sha256_of(content);
  try {
    if (begins_as_saved_file(content)) {
      read_saved(content);
    } else if (begins_as_pickle(content)) {
      refuse_content(
          "it is a pickle as of PyTorch before 1.6, which is not read; load it with torch.load(FILE, "
          "weights_only=True) and save it anew with torch.save");
    } else {
      read_safetensors(content);
    }
    check_halves();
  } catch (const RefusedArchive& refused) {
    throw Error(file.string() + ": is no embedding that can be read: " + refused.reason() + "; nothing of it was run" +
                kAccepted);
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what());
  }
}

void EmbeddingFile::read_saved(const std::string& content) {
  const SavedFile saved(bytes_of(content));
  const PickleDict* dict = dict_in(saved.value());
  if (!dict) refuse_content("it holds no dictionary");
  if (const PickleValue* const parameters = find(*dict, "string_to_param")) {
    name_ = noted<std::string>(*dict, "name").value_or("");
    steps_ = noted<std::int64_t>(*dict, "step");
    base_model_ = noted<std::string>(*dict, "sd_checkpoint_name").value_or("");
    dict = &parameters_in(*parameters);
  }
  if (dict->items.empty()) refuse_content("it holds no vectors");
  for (const auto& [name, value] : dict->items) {
    const std::string half = half_called(name, dict->items);
    const auto* const tensor = std::get_if<PickleTensor>(&value->value);
    if (!tensor) refuse_content("its '" + shortened(name) + "' is no tensor");
    halves_[half] = rows_of(name, tensor->sizes, saved.numbers(*tensor), float_type_of(tensor->storage));
  }
}

void EmbeddingFile::read_safetensors(const std::string& content) {
  const SafetensorsHeader header = parse_safetensors_header(content, content.size());
  if (header.tensors.empty()) refuse_content("it holds no tensors");
  for (const auto& [name, tensor] : header.tensors) {
    const std::string half = half_called(name, header.tensors);
    if (!float_bytes(tensor.dtype)) refuse_content("'" + shortened(name) + "' has numbers of type " + tensor.dtype);
    const std::string_view bytes = std::string_view(content).substr(header.size + tensor.first, tensor.bytes);
    halves_[half] = rows_of(name, tensor.sizes, read_floats(tensor.dtype, bytes), tensor.dtype);
  }
}

void EmbeddingFile::check_halves() const {
  for (const auto& [half, vectors] : halves_) {
    const bool is_finite =
        std::all_of(vectors.numbers.begin(), vectors.numbers.end(), [](float number) { return std::isfinite(number); });
    if (!is_finite) refuse_content("it holds NaN or infinite numbers; take another copy of it");
  }
  if (halves_.contains("")) return;
  for (const char* half : {kClipL, kClipG}) {
    if (!halves_.contains(half)) refuse_content(std::string("it has no ") + half + " beside the other half");
  }
  const std::int64_t first = halves_.at(kClipL).count, second = halves_.at(kClipG).count;
  if (first != second) {
    refuse_content("its halves clip_l and clip_g have " + std::to_string(first) + " and " + std::to_string(second) +
                   " vectors");
  }
}

const EmbeddingVectors& EmbeddingFile::vectors_for(const std::string& half, std::int64_t width, std::int64_t most,
                                                   const std::string& model) const {
  const auto found = halves_.find(half);
  if (found == halves_.end()) {
    const bool is_pair = half.empty();
    throw Error(file_.string() + ": is for " + (is_pair ? "SDXL: it has clip_l and clip_g" : "one text encoder") +
                ", model " + model + " reads " + (is_pair ? "one set of vectors" : "clip_l and clip_g") +
                "; use an embedding made for its family");
  }
  const EmbeddingVectors& vectors = found->second;
  if (vectors.width != width) {
    throw Error(file_.string() + ": has vectors of " + std::to_string(vectors.width) + " numbers" +
                (half.empty() ? "" : " in " + half) + ", the text encoder of model " + model + " reads " +
                std::to_string(width) + "; use an embedding made for its family");
  }
  if (vectors.count > most) {
    throw Error(file_.string() + ": has " + std::to_string(vectors.count) + " vectors, model " + model + " reads " +
                std::to_string(most) + " tokens at once; use an embedding of fewer");
  }
  return vectors;
}

bool has_embedding_extension(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  return extension == ".pt" || extension == ".bin" || extension == ".safetensors";
}

}  // namespace deepcache_gen
