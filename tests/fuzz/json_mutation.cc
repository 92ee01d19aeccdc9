#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "fuzzing.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

constexpr unsigned int kOneInSoManyByBytes = 4;

std::size_t pick(Random& random, std::size_t count) { return random() % count; }

void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  if (value.is_structured()) {
    for (Json& child : value) collect(child, all);
  }
}

Json unusual_value(Random& random) {
  static const std::array<Json, 20> kValues{Json(),
                                            Json(true),
                                            Json(0),
                                            Json(1),
                                            Json(-1),
                                            Json(INT32_MAX),
                                            Json(INT32_MIN),
                                            Json(INT64_MAX),
                                            Json(INT64_MIN),
                                            Json(UINT64_MAX),
                                            Json(1e308),
                                            Json(0.5),
                                            Json(-1e-320),
                                            Json(""),
                                            Json("a\nb\x7F"),
                                            Json("../x"),
                                            Json("\xF0\x9F\x8C\x8A"),
                                            Json(std::string(1, '\0')),
                                            Json::array(),
                                            Json::object()};
  return kValues[pick(random, kValues.size())];
}

std::string mutated(std::string text) {
  const std::size_t size = text.size();
  text.resize(size + 16);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

Json mutated_scalar(const Json& value, Random& random) {
  if (value.is_string() && pick(random, 2) == 0) return mutated(value.get<std::string>());
  if (value.is_number_integer() && pick(random, 2) == 0) return value.get<std::int64_t>() ^ 1LL << pick(random, 63);
  return unusual_value(random);
}

void repeat_or_drop_a_child(Json& value, Random& random) {
  const std::size_t child = pick(random, value.size());
  const bool drops = pick(random, 2) == 0;
  const auto place = std::next(value.begin(), static_cast<std::ptrdiff_t>(child));
  if (drops) {
    value.erase(place);
  } else if (value.is_array()) {
    value.push_back(Json(*place));
  } else {
    const Json copy = *place;
    value[mutated(place.key())] = copy;
  }
}

void mutate(Json& json, Random& random) {
  std::vector<Json*> all;
  collect(json, all);
  Json& value = *all[pick(random, all.size())];
  switch (pick(random, 4)) {
    case 0: {
      const Json copy = *all[pick(random, all.size())];
      value = copy;
      break;
    }
    case 1:
      value = Json::array({Json(value)});
      break;
    default:
      if (value.is_structured() && !value.empty()) {
        repeat_or_drop_a_child(value, random);
      } else {
        value = mutated_scalar(value, random);
      }
  }
}

}  // namespace

std::size_t mutate_json(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) {
  Random random(seed);
  Json json = Json::parse(data, data + size, nullptr, false);
  if (json.is_discarded() || pick(random, kOneInSoManyByBytes) == 0) return LLVMFuzzerMutate(data, size, max_size);
  mutate(json, random);
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::ignore);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

}  // namespace deepcache_gen
