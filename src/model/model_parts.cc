#include "model/model_parts.h"

#include <string_view>
#include <vector>

#include "model/small_integer.h"

namespace deepcache_gen {
namespace {

constexpr int kWidest = 1 << 20, kMostLayers = 1000, kMostChannels = 1 << 10;

// Format 1 has the VAE's halves in `vae`, and text encoders in a list.
PartDescriptions format_1_descriptions(const JsonObject& model) {
  const JsonObject unet = model.object("unet"), vae = model.object("vae");
  PartDescriptions parts;
  parts.insert({kUNet, {unet.string("file"), unet}});
  parts.insert({kVaeDecoder, {vae.string("decoder"), vae}});
  // Nothing ever read it in folders of that format, so that it may be missing.
  const bool has_encoder = vae.has("encoder") && model.object("files").has(vae.string("encoder"));
  if (has_encoder) parts.insert({kVaeEncoder, {vae.string("encoder"), vae}});
  const std::vector<JsonObject> encoders = model.objects("text_encoders");
  if (encoders.empty()) model.fail("text_encoders", "must list at least one text encoder");
  for (std::size_t i = 0; i < encoders.size(); ++i) {
    const std::string role = kTextEncoder + (i == 0 ? std::string() : "_" + std::to_string(i + 1));
    parts.insert({role, {encoders[i].string("file"), encoders[i]}});
  }
  return parts;
}

PartDescriptions format_2_descriptions(const JsonObject& model) {
  const JsonObject described = model.object("parts");
  PartDescriptions parts;
  for (const std::string& role : described.field_names()) {
    const JsonObject facts = described.object(role);
    parts.insert({role, {facts.string("file"), facts}});
  }
  return parts;
}

void read_states(const JsonObject& facts, TextEncoderInfo& encoder) {
  encoder.layers = small_integer(facts, "layers", 1, kMostLayers);
  encoder.projection_size = small_integer(facts, "projection_size", 0, kWidest);
  encoder.skip = small_integer(facts, "skip", 1, *encoder.layers);
  encoder.final_norm = facts.boolean("final_norm");
  if (facts.has("end_id")) encoder.end_id = facts.integer_between("end_id", 0, INT32_MAX);
}

void read_format_1_states(const JsonObject& facts, TextEncoderInfo& encoder) {
  encoder.projection_size = small_integer(facts, "pooled_size", 0, kWidest);
  encoder.final_norm = facts.string_of("hidden_layer", {"last", "penultimate"}) == "last";
  encoder.skip = encoder.final_norm ? 1 : 2;
}

}  // namespace

bool is_text_encoder(const std::string& role) {
  if (!role.starts_with(kTextEncoder)) return false;
  const std::string number = role.substr(std::string_view(kTextEncoder).size());
  return number.empty() ||
         (number.size() > 1 && number[0] == '_' && number.find_first_not_of("0123456789", 1) == std::string::npos);
}

PartDescriptions read_part_descriptions(const JsonObject& model, int format_version) {
  return format_version == 1 ? format_1_descriptions(model) : format_2_descriptions(model);
}

WeightNames read_weight_names(const JsonObject& facts) {
  if (!facts.has("weights")) return {};
  const JsonObject weights = facts.object("weights");
  std::map<std::string, std::string> prefixes;
  for (const std::string& prefix : weights.field_names()) prefixes[prefix] = weights.string(prefix);
  return WeightNames(prefixes);
}

UNetInfo read_unet_info(const JsonObject& facts, int latent_channels) {
  return {.rungs = small_integer(facts, "rungs", 1, 1000),
          .in_channels = small_integer(facts, "in_channels", 1, kMostChannels),
          .out_channels =
              facts.has("out_channels") ? small_integer(facts, "out_channels", 1, kMostChannels) : latent_channels,
          .context_size = small_integer(facts, "context_size", 1, kWidest),
          .guidance_embedding =
              facts.has("guidance_embedding") ? small_integer(facts, "guidance_embedding", 0, kWidest) : 0};
}

ControlNetInfo read_control_net_info(const JsonObject& facts) {
  return {.rungs = small_integer(facts, "rungs", 1, 1000),
          .in_channels = small_integer(facts, "in_channels", 1, kMostChannels),
          .context_size = small_integer(facts, "context_size", 1, kWidest),
          .pooled_size = small_integer(facts, "pooled_size", 0, kWidest),
          .picture_scale = small_integer(facts, "picture_scale", 1, kMostChannels),
          .is_bgr = facts.string_of("channel_order", {"rgb", "bgr"}) == "bgr",
          .pools = facts.boolean("global_pool")};
}

TextEncoderInfo read_text_encoder_info(const JsonObject& facts, int format_version) {
  TextEncoderInfo encoder;
  encoder.hidden_size = small_integer(facts, "hidden_size", 1, kWidest);
  encoder.tokenizer = facts.object("tokenizer");
  encoder.max_length = small_integer(encoder.tokenizer, "max_length", 2, 1 << 16);
  if (format_version == 1) {
    read_format_1_states(facts, encoder);
  } else {
    read_states(facts, encoder);
  }
  return encoder;
}

}  // namespace deepcache_gen
