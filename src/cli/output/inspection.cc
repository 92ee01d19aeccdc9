#include "cli/output/inspection.h"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/file_content.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

// As it is in the file, in its order; `read_model_info` has checked it.
Json read_model_json(const ModelInfo& model) {
  return parse_json<Json>(read_regular_file(model.folder / "model.json", JsonObject::kLargestFile));
}

// Much of it is text of whoever made the model.
class Table {
 public:
  explicit Table(const std::string& title) : text_(printable(title)) {}

  std::ostream& row(const std::string& name) {
    end_row();
    row_ << "\n  " << std::left << std::setw(22) << printable(name) << " ";
    text_ += row_.str();
    row_.str("");
    return row_;
  }
  void heading(const std::string& text) {
    end_row();
    text_ += "\n\n" + text;
  }
  std::string text() {
    end_row();
    return text_;
  }

 private:
  void end_row() {
    text_ += printable(row_.str());
    row_.str("");
  }

  std::string text_;
  std::ostringstream row_;
};

std::string layer_text(const TextEncoderInfo& encoder) {
  if (encoder.skip == 1) return "last layer";
  return encoder.skip == 2 ? "penultimate layer" : "layer " + std::to_string(encoder.skip) + " from the last";
}

void describe_unet(Table& table, const std::string& role, const UNetInfo& unet, const ModelInfo& model) {
  table.row(role) << model.part(role).file << ": " << unet.rungs << " rungs, so branches 0 to " << unet.rungs - 1
                  << "; " << model.latent_channels << " latent channels, context size " << unet.context_size
                  << (unet.guidance_embedding > 0 ? "; takes the guidance scale" : "");
}

void describe_vae(Table& table, const ModelInfo& model) {
  const auto decoder = model.parts.find(kVaeDecoder);
  if (decoder == model.parts.end()) return;
  table.row("vae") << decoder->second.file << ": " << model.vae_scale << " pixels per latent, scaling factor "
                   << model.vae.scaling_factor << (model.vae.force_upcast ? ", run in float32" : "")
                   << (model.vae.is_tiny ? ", a tiny one (TAESD)" : "")
                   << (model.parts.contains(kVaeEncoder) ? "" : ", without its encoder");
  if (model.unets.empty())
    table.row("made for") << "--vae, beside another model with " << model.latent_channels << " latent channels";
}

double latent_pixels(const ModelInfo& model) {
  return static_cast<double>(model.latent_pixels(model.default_width, model.default_height));
}

std::string with_unit(double multiply_adds) {
  char text[48];
  const double giga = multiply_adds / 1e9;
  std::snprintf(text, sizeof text, "%.*f G multiply-adds", giga < 10 ? 3 : 1, giga);
  return text;
}

void describe_control_net(Table& table, const ModelInfo& model) {
  if (!model.control_net) return;
  const ControlNetInfo& net = *model.control_net;
  table.row("control net") << model.part(kControlNet).file << ": " << net.rungs << " rungs; " << net.in_channels
                           << " latent channels, context size " << net.context_size << ", " << net.picture_scale
                           << " pixels of its picture per latent" << (net.is_bgr ? ", blue first" : "")
                           << (net.pools ? "; what it adds is a mean over the picture, to the half with the prompt"
                                         : "");
  table.row("made for") << "--control-net, beside a model of that family and context size";
  if (!model.control_arithmetic) return;
  const double pixels = latent_pixels(model);
  table.row("full step") << with_unit(model.control_arithmetic->full_pass(pixels)) << " at " << model.default_width
                         << "x" << model.default_height << ", "
                         << with_unit(model.control_arithmetic->cached_pass(0, pixels))
                         << " of them for a cached step at branch 0";
}

void describe_parts(Table& table, const ModelInfo& model) {
  describe_control_net(table, model);
  for (const auto& [role, unet] : model.unets) describe_unet(table, role, unet, model);
  describe_vae(table, model);
  for (const auto& [role, encoder] : model.text_encoders) {
    table.row("text encoder") << model.part(role).file << ": hidden size " << encoder.hidden_size << ", "
                              << layer_text(encoder) << ", up to " << encoder.max_length << " tokens ("
                              << encoder.tokenizer.string("type") << ")";
  }
}

// "401.6 G multiply-adds at 512x512, twice that with guidance": at the model's default size.
std::string full_step_text(const ModelInfo& model) {
  return with_unit(model.arithmetic->unet.full_pass(latent_pixels(model))) + " at " +
         std::to_string(model.default_width) + "x" + std::to_string(model.default_height) +
         ", twice that with guidance";
}

// "7.9 % of that at branch 0, 22.4 % at 1, …": for every branch.
std::string cached_step_text(const ModelInfo& model) {
  const UNetArithmetic& unet = model.arithmetic->unet;
  const double pixels = latent_pixels(model), full = unet.full_pass(pixels);
  std::string text;
  for (int branch = 0; branch <= model.max_branch(); ++branch) {
    char part[64];
    std::snprintf(part, sizeof part, "%s%.1f %%%s at %s%d", branch == 0 ? "" : ", ",
                  100 * unet.cached_pass(branch, pixels) / full, branch == 0 ? " of that" : "",
                  branch == 0 ? "branch " : "", branch);
    text += part;
  }
  return text;
}

void describe_cost(Table& table, const ModelInfo& model) {
  if (!model.arithmetic) return;
  table.row("full step") << full_step_text(model);
  table.row("cached step") << cached_step_text(model);
}

// A folder of other parts need not say how pictures are made.
void describe_defaults(Table& table, const ModelInfo& model, const Json& model_json) {
  const RecommendedDefaults& defaults = model.defaults;
  table.heading("Defaults");
  table.row("size") << model.default_width << "x" << model.default_height;
  if (!model_json.value("defaults", Json()).is_object()) return;
  table.row("steps") << defaults.steps;
  table.row("guidance") << defaults.guidance_scale;
  table.row("sampler") << defaults.sampler.value_or("the scheduler's");
  if (defaults.cache_policy) {
    table.row("caching") << *defaults.cache_policy;
  } else {
    table.row("caching") << "interval " << defaults.interval << ", branch " << defaults.branch
                         << (defaults.interval == 1 ? " (no caching)" : "");
  }
  table.row("no negative prompt") << (model.zero_unset_negative_prompt ? "zeros" : "the empty prompt");
}

void describe_scheduler(Table& table, const Json& model_json) {
  const Json scheduler = model_json.value("scheduler", Json());
  if (!scheduler.is_object()) return;
  table.heading("Scheduler");
  for (const auto& [name, value] : scheduler.items()) {
    table.row(name) << (value.is_string() ? value.get<std::string>() : value.dump());
  }
}

void describe_files(Table& table, const ModelInfo& model, const ChecksumResults& checksums) {
  table.heading("Files");
  for (const auto& [name, file] : model.files) {
    table.row(name) << std::right << std::setw(13) << file.size << " bytes, checksum "
                    << (checksums.at(name) ? "ok" : "WRONG");
  }
}

// "16 (282), 8 (10)": an object holds how often each of its keys occurs.
std::string fact_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return value.dump();
  std::string text;
  for (const auto& [name, count] : value.items()) {
    text.append(text.empty() ? "" : ", ").append(name).append(" (").append(count.dump()).append(")");
  }
  return text;
}

}  // namespace

std::string file_inspection_text(const nlohmann::ordered_json& facts) {
  Table table(facts.at("file").get<std::string>());
  for (const auto& [name, value] : facts.items()) {
    if (name == "file") continue;
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    table.row(label) << fact_text(value);
  }
  return table.text();
}

std::string inspection_text(const ModelInfo& model, const ChecksumResults& checksums) {
  Table table(model.name);
  table.row("folder") << model.folder.string();
  table.row("family") << model.family;
  table.row("weights") << model.dtype;
  describe_parts(table, model);
  describe_cost(table, model);
  if (model.known_words) {
    table.row("only knows") << model.known_words->subject << " (words: " << model.known_words->file << ")";
  }
  const Json model_json = read_model_json(model);
  describe_defaults(table, model, model_json);
  describe_scheduler(table, model_json);
  describe_files(table, model, checksums);
  return table.text();
}

std::string inspection_json(const ModelInfo& model, const ChecksumResults& checksums) {
  Json object = read_model_json(model);
  object["folder"] = model.folder.string();
  for (const auto& [name, matches] : checksums) object["files"][name]["checksum_ok"] = matches;
  return json_text(object);
}

}  // namespace deepcache_gen
