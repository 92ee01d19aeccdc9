#include "support/json_parsing.h"

#include <set>
#include <vector>

#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

// What nlohmann tells of a text while it reads it; `true` lets it go on.
class BoundsCheck : public nlohmann::json_sax<Json> {
 public:
  explicit BoundsCheck(const JsonBounds& bounds) : bounds_(bounds) {}

  bool null() override { return count_value(); }
  bool boolean(bool) override { return count_value(); }
  bool number_integer(number_integer_t) override { return count_value(); }
  bool number_unsigned(number_unsigned_t) override { return count_value(); }
  bool number_float(number_float_t, const string_t&) override { return count_value(); }
  bool string(string_t&) override { return count_value(); }
  bool binary(binary_t&) override { return count_value(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  bool key(string_t& name) override {
    std::set<std::string>& keys = keys_.back();
    if (!keys.insert(name).second) throw Error("has the key '" + shortened(name) + "' twice");
    if (keys.size() > bounds_.keys) {
      throw Error("has a JSON object with more than " + std::to_string(bounds_.keys) + " keys");
    }
    return true;
  }

 private:
  bool count_value() {
    if (++values_ > bounds_.values) {
      throw Error("has more than " + std::to_string(bounds_.values) + " JSON values");
    }
    return true;
  }

  bool open() {
    if (keys_.size() >= kDeepestJson) {
      throw Error("has JSON nested more than " + std::to_string(kDeepestJson) + " levels deep");
    }
    keys_.emplace_back();
    return count_value();
  }

  bool close() {
    keys_.pop_back();
    return true;
  }

  JsonBounds bounds_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> keys_;  ///< of every object that is open; an array has none
};

}  // namespace

void require_bounded_json(const std::string& text, const JsonBounds& bounds) {
  BoundsCheck check(bounds);
  if (!Json::sax_parse(text, &check)) throw Error("is not valid JSON");
}

}  // namespace deepcache_gen
