#include "support/json_parsing.h"

#include <set>
#include <vector>

#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

// What nlohmann tells of a text while it reads it; `true` lets it go on.
class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  virtual bool value() { return true; }
  virtual bool open() = 0;
  virtual bool close() = 0;
};

class BoundsCheck : public JsonEvents {
 public:
  explicit BoundsCheck(const JsonBounds& bounds) : bounds_(bounds) {}

  bool key(string_t&) override {
    ++keys_;
    if (++keys_of_open_.back() > bounds_.keys) {
      throw Error("has a JSON object with more than " + std::to_string(bounds_.keys) + " keys");
    }
    return true;
  }
  std::size_t keys() const { return keys_; }

 private:
  bool value() override {
    if (++values_ > bounds_.values) throw Error("has more than " + std::to_string(bounds_.values) + " JSON values");
    return true;
  }

  bool open() override {
    if (keys_of_open_.size() >= kDeepestJson) {
      throw Error("has JSON nested more than " + std::to_string(kDeepestJson) + " levels deep");
    }
    keys_of_open_.push_back(0);
    return value();
  }

  bool close() override {
    keys_of_open_.pop_back();
    return true;
  }

  JsonBounds bounds_;
  std::size_t values_ = 0, keys_ = 0;
  std::vector<std::size_t> keys_of_open_;  ///< for every object and array that is open
};

class SearchForAKeyTwice : public JsonEvents {
 public:
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second) throw Error("has the key '" + shortened(name) + "' twice");
    return true;
  }

 private:
  bool open() override {
    keys_.emplace_back();
    return true;
  }

  bool close() override {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;  ///< of every object that is open; an array has none
};

}  // namespace

std::size_t require_bounded_json(const std::string& text, const JsonBounds& bounds) {
  BoundsCheck check(bounds);
  if (!Json::sax_parse(text, &check)) throw Error("is not valid JSON");
  return check.keys();
}

void fail_for_a_key_twice(const std::string& text) {
  SearchForAKeyTwice search;
  Json::sax_parse(text, &search);
  throw Error("has a key twice");
}

template nlohmann::json parse_json(const std::string& text, const JsonBounds& bounds);
template nlohmann::ordered_json parse_json(const std::string& text, const JsonBounds& bounds);

}  // namespace deepcache_gen
