#include "model/arithmetic.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace deepcache_gen {
namespace {

constexpr const char* kField = "multiply_adds";

MultiplyAdds polynomial(const JsonObject& object, const std::string& field, const std::vector<double>& numbers) {
  const bool is_polynomial =
      numbers.size() == 3 && std::all_of(numbers.begin(), numbers.end(), [](double number) { return number >= 0; });
  if (!is_polynomial) object.fail(field, "needs the three numbers [c0, c1, c2], none below 0");
  return {numbers[0], numbers[1], numbers[2]};
}

MultiplyAdds read_part(const JsonObject& object, const std::string& field) {
  return polynomial(object, field, object.numbers(field));
}

std::vector<MultiplyAdds> read_rungs(const JsonObject& object, const std::string& field, int rungs) {
  const std::vector<std::vector<double>> rows = object.number_rows(field);
  if (static_cast<int>(rows.size()) != rungs) {
    object.fail(field, "has " + std::to_string(rows.size()) + " polynomials, needs one for each of the " +
                           std::to_string(rungs) + " rungs");
  }
  std::vector<MultiplyAdds> parts;
  for (const std::vector<double>& row : rows) parts.push_back(polynomial(object, field, row));
  return parts;
}

UNetArithmetic read_unet(const JsonObject& parts, int rungs) {
  return {read_part(parts, "time_embedding"), read_part(parts, "mid"), read_part(parts, "out"),
          read_rungs(parts, "down", rungs), read_rungs(parts, "up", rungs)};
}

}  // namespace

double MultiplyAdds::at(double latent_pixels) const {
  return constant + (linear + quadratic * latent_pixels) * latent_pixels;
}

double UNetArithmetic::full_pass(double latent_pixels) const {
  return cached_pass(static_cast<int>(down.size()) - 1, latent_pixels) + mid.at(latent_pixels);
}

double UNetArithmetic::cached_pass(int branch, double latent_pixels) const {
  double sum = time_embedding.at(latent_pixels) + out.at(latent_pixels);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(branch); ++i) {
    sum += down[i].at(latent_pixels) + up[up.size() - 1 - i].at(latent_pixels);
  }
  return sum;
}

double ControlArithmetic::full_pass(double latent_pixels) const {
  return cached_pass(static_cast<int>(down.size()) - 1, latent_pixels);
}

double ControlArithmetic::cached_pass(int branch, double latent_pixels) const {
  double sum = time_embedding.at(latent_pixels);
  for (std::size_t i = 0; i <= static_cast<std::size_t>(branch); ++i) sum += down[i].at(latent_pixels);
  return static_cast<std::size_t>(branch) + 1 < down.size() ? sum : sum + mid.at(latent_pixels);
}

std::optional<MultiplyAdds> read_multiply_adds(const JsonObject& facts) {
  return facts.has(kField) ? std::optional(read_part(facts, kField)) : std::nullopt;
}

std::optional<ControlArithmetic> read_control_arithmetic(const JsonObject& facts) {
  if (!facts.has(kField)) return {};
  const JsonObject parts = facts.object(kField);
  return ControlArithmetic{read_part(parts, "time_embedding"), read_part(parts, "picture"), read_part(parts, "mid"),
                           read_rungs(parts, "down", static_cast<int>(facts.integer_between("rungs", 1, 1000)))};
}

std::optional<ModelArithmetic> read_arithmetic(const PartDescriptions& parts) {
  const auto unet = parts.find(kUNet), decoder = parts.find(kVaeDecoder);
  if (unet == parts.end() || decoder == parts.end()) return {};
  double text = 0;
  for (const auto& [role, part] : parts) {
    const bool is_counted = role == kUNet || role == kVaeDecoder || is_text_encoder(role);
    if (is_counted && !part.facts.has(kField)) return {};
    if (is_text_encoder(role)) text += part.facts.number(kField);
  }
  const JsonObject& ladder = unet->second.facts;
  const auto rungs = static_cast<int>(ladder.integer_between("rungs", 1, 1000));
  return ModelArithmetic{read_unet(ladder.object(kField), rungs), read_part(decoder->second.facts, kField), text};
}

}  // namespace deepcache_gen
