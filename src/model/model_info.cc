#include "model/model_info.h"

#include <cmath>

#include "model/file_names.h"
#include "model/small_integer.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

constexpr int kNewestFormat = 2;
constexpr int kLargestSide = 1 << 14;  // pixels

double positive(const JsonObject& object, const std::string& field) {
  const double value = object.number(field);
  if (!(value > 0)) object.fail(field, "must be above 0");
  return value;
}

std::vector<double> per_channel(const JsonObject& vae, const std::string& field, int channels) {
  if (!vae.has(field)) return {};
  std::vector<double> values = vae.numbers(field);
  if (static_cast<int>(values.size()) != channels) vae.fail(field, "needs one number per latent channel");
  return values;
}

VaeInfo read_vae(const JsonObject& vae, int channels) {
  VaeInfo info{
      .scaling_factor = positive(vae, "scaling_factor"),
      .force_upcast = vae.boolean("force_upcast"),
      .latents_mean = per_channel(vae, "latents_mean", channels),
      .latents_std = per_channel(vae, "latents_std", channels),
      .sample_size = {},
      .decoding = {},
      .is_tiny = vae.has("encoder_output") && vae.string_of("encoder_output", {"moments", "latents"}) == "latents"};
  if (vae.has("sample_size")) info.sample_size = small_integer(vae, "sample_size", 8, kLargestSide);
  return info;
}

// Demanded with what it is about: a folder may hold parts of other kinds only, such as a control net.
void read_whole_vae(const JsonObject& json, const PartDescriptions& parts, ModelInfo& model) {
  if (!json.has("vae") && !parts.contains(kVaeDecoder) && !parts.contains(kVaeEncoder)) return;
  const JsonObject vae = json.object("vae");
  model.vae_scale = small_integer(vae, "scale", 1, 64);
  model.vae = read_vae(vae, model.latent_channels);
  const auto decoder = parts.find(kVaeDecoder);
  if (decoder != parts.end()) model.vae.decoding = read_multiply_adds(decoder->second.facts);
  model.preview = read_preview_map(vae, model.latent_channels);
}

// In format 1 the UNet's, since there are no other UNets in it.
int read_latent_channels(const JsonObject& model, int format_version) {
  return format_version == 1 ? small_integer(model.object("unet"), "in_channels", 1, 64)
                             : small_integer(model, "latent_channels", 1, 64);
}

void read_parts(const PartDescriptions& parts, int format_version, ModelInfo& model) {
  for (const auto& [role, part] : parts) {
    model.parts[role] = {part.file, read_weight_names(part.facts), {}};
    if (role == kUNet) model.unets[role] = read_unet_info(part.facts, model.latent_channels);
    if (is_text_encoder(role)) model.text_encoders[role] = read_text_encoder_info(part.facts, format_version);
    if (role == kControlNet) {
      model.control_net = read_control_net_info(part.facts);
      model.control_arithmetic = read_control_arithmetic(part.facts);
    }
  }
  model.arithmetic = read_arithmetic(parts);
}

RecommendedDefaults read_defaults(const JsonObject& defaults) {
  RecommendedDefaults result{};
  result.steps = small_integer(defaults, "steps", 1, 1000);
  result.guidance_scale = defaults.number("guidance_scale");
  if (defaults.has("sampler")) result.sampler = defaults.string("sampler");
  if (defaults.has("prompt_style")) result.prompt_style = defaults.string("prompt_style");
  if (defaults.has("cache_policy")) result.cache_policy = defaults.string("cache_policy");
  if (defaults.has("interval")) result.interval = small_integer(defaults, "interval", 1, 1000);
  if (defaults.has("branch")) result.branch = small_integer(defaults, "branch", 0, 1000);
  return result;
}

// Demanded of a folder that pictures can be made with.
void read_making(const JsonObject& json, const PartDescriptions& parts, ModelInfo& model) {
  const bool makes_pictures = parts.contains(kUNet) && parts.contains(kVaeDecoder);
  const auto is_said = [&](const char* field) { return makes_pictures || json.has(field); };
  model.scheduler = is_said("scheduler")
                        ? json.object("scheduler")
                        : JsonObject(nlohmann::json::object(), (model.folder / "model.json").string() + ": scheduler");
  if (is_said("defaults")) model.defaults = read_defaults(json.object("defaults"));
}

std::vector<std::vector<int>> read_sizes(const JsonObject& known_words) {
  std::vector<std::vector<int>> sizes;
  if (!known_words.has("sizes")) return sizes;
  for (const std::vector<double>& row : known_words.number_rows("sizes")) {
    const auto is_side = [](double side) { return side >= 8 && side <= kLargestSide && side == std::floor(side); };
    if (row.size() != 2 || !is_side(row[0]) || !is_side(row[1]))
      known_words.fail("sizes", "expected pairs of width and height in pixels, whole numbers from 8 to 16384");
    sizes.push_back({static_cast<int>(row[0]), static_cast<int>(row[1])});
  }
  return sizes;
}

std::optional<KnownWordsInfo> read_known_words(const JsonObject& model) {
  if (!model.has("known_words")) return {};
  const JsonObject known_words = model.object("known_words");
  return KnownWordsInfo{known_words.string("subject"), known_words.string("file"), read_sizes(known_words)};
}

void require_sha256(const JsonObject& file, const std::string& field, const std::string& text) {
  const bool is_sha256 = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_sha256) file.fail(field, "expected a SHA-256: 64 digits of 0-9 and a-f");
}

FileInfo read_file_info(const JsonObject& file) {
  FileInfo info{static_cast<std::uintmax_t>(file.integer_between("size", 0, INT64_MAX)), file.string("sha256"), {}};
  require_sha256(file, "sha256", info.sha256);
  if (file.has("same_as")) info.same_as = file.strings("same_as");
  for (const std::string& other : info.same_as) require_sha256(file, "same_as", other);
  return info;
}

std::map<std::string, FileInfo> read_files(const JsonObject& files) {
  std::map<std::string, FileInfo> result;
  for (const std::string& name : files.field_names()) {
    if (!is_plain_file_name(name)) {
      files.fail(name, "is no name of a file of the folder; expected one such as tokenizer/vocab.json, without '..'");
    }
    result.emplace(name, read_file_info(files.object(name)));
  }
  return result;
}

void check_file(const std::filesystem::path& path, const FileInfo& expected) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw Error(path.string() + ": " + error.message());
  if (size != expected.size) {
    throw Error(path.string() + ": has " + std::to_string(size) + " bytes, model.json says " +
                std::to_string(expected.size) + "; the file is damaged or cut short, copy or export it again");
  }
}

// A file that the engine opens must be among those whose size and checksum are known.
void check_is_listed(const ModelInfo& model, const std::string& file) {
  if (!model.files.contains(file)) {
    throw Error((model.folder / "model.json").string() + ": files: '" + shortened(file) +
                "' is missing; export the model again with deepcache-gen export");
  }
}

// Whatever the type: every text of its description but that one names a file.
void check_tokenizer(const ModelInfo& model, const JsonObject& tokenizer) {
  for (const std::string& field : tokenizer.field_names()) {
    if (field != "type" && tokenizer.json().at(field).is_string()) check_is_listed(model, tokenizer.string(field));
  }
}

void check_files(const ModelInfo& model) {
  for (const auto& [role, part] : model.parts) check_is_listed(model, part.file);
  for (const auto& [role, encoder] : model.text_encoders) check_tokenizer(model, encoder.tokenizer);
  if (model.known_words) check_is_listed(model, model.known_words->file);
  for (const auto& [name, info] : model.files) {
    require_file_in_folder(model.folder, name);
    check_file(model.folder / name, info);
  }
}

JsonObject open_model_json(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error("model '" + folder.string() + "': there is no such folder; give one that deepcache-gen export wrote");
  }
  const std::filesystem::path file = folder / "model.json";
  if (!std::filesystem::exists(file)) {
    throw Error("model '" + folder.string() + "': has no model.json; export the model with deepcache-gen export");
  }
  require_file_in_folder(folder, "model.json");
  return JsonObject::from_file(file);
}

}  // namespace

const PartInfo& ModelInfo::part(const std::string& role) const {
  const auto found = parts.find(role);
  if (found != parts.end()) return found->second;
  const auto decoder = parts.find(kVaeDecoder);
  const bool is_lent = role == kVaeEncoder && decoder != parts.end() && decoder->second.lender;
  throw Error("model " + (is_lent ? decoder->second.lender->name : name) + " has no " + role +
              ", which this needs; export it again with deepcache-gen export");
}

std::filesystem::path ModelInfo::path_of(const std::string& role) const {
  const PartInfo& found = part(role);
  return (found.lender ? found.lender->folder : folder) / found.file;
}

const FileInfo& ModelInfo::file_of(const std::string& role) const {
  const PartInfo& found = part(role);
  return found.lender ? found.lender->file : files.at(found.file);
}

const UNetInfo& ModelInfo::unet(const std::string& role) const {
  const auto found = unets.find(role);
  if (found != unets.end()) return found->second;
  throw Error("model " + name + " has no UNet '" + role +
              "', which this needs; export it again with deepcache-gen export");
}

ModelInfo read_model_info(const std::filesystem::path& folder) {
  const JsonObject json = open_model_json(folder);
  const int format_version = small_integer(json, "format_version", 1, kNewestFormat);
  const PartDescriptions parts = read_part_descriptions(json, format_version);
  ModelInfo model{
      .folder = folder,
      .name = json.string("name"),
      .family = json.string("family"),
      .dtype = json.string_of("dtype", {"float32", "float16", "bfloat16"}),
      .default_width = small_integer(json, "default_width", 8, kLargestSide),
      .default_height = small_integer(json, "default_height", 8, kLargestSide),
      .parts = {},
      .unets = {},
      .text_encoders = {},
      .control_net = {},
      .control_arithmetic = {},
      .latent_channels = read_latent_channels(json, format_version),
      .vae = {},
      .preview = {},
      .zero_unset_negative_prompt = json.boolean("zero_unset_negative_prompt"),
      .defaults = {},
      .known_words = read_known_words(json),
      .arithmetic = {},
      .files = read_files(json.object("files")),
  };
  read_whole_vae(json, parts, model);
  read_making(json, parts, model);
  read_parts(parts, format_version, model);
  check_files(model);
  return model;
}

}  // namespace deepcache_gen
