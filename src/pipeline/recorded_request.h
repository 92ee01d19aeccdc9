#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/option_value.h"

namespace deepcache_gen {

/// What a picture's own text asks for, to make it again.
struct RecordedRequest {
  std::vector<OptionValue> values;                 ///< by the rows' flags, as they are typed
  std::optional<std::string> model, vae, refiner;  ///< names
  std::vector<std::string> not_understood;         ///< names of settings in the text that are left out
};

/// Of this program's text: the keys of `picture_settings()`. Keys that are of no flag are not looked at: whoever plans
/// the picture compares. Throws `Error` where the text is no JSON object or a value is none that its flag can have.
RecordedRequest read_settings_record(const std::string& json);

/// Of a text in the form of AUTOMATIC1111's web UI (`parse_generation_parameters` in its modules/infotext_utils.py), by
/// the rows' `infotext`: also older ones, whose sampler has the schedule in its name. Throws `Error` where it is none.
RecordedRequest read_infotext(const std::string& text);

/// What cannot be said beside `flag`, since both say the same thing in other ways or the one has no meaning without the
/// other: the flags whose recorded values are left out where it is given.
std::vector<std::string> displaced_by(const std::string& flag);

/// The text that a flag has for a JSON value: a string, a number, a list of numbers (8,4,1), true and false; nothing
/// for others.
std::optional<std::string> flag_text(const nlohmann::ordered_json& value);

/// A flag given several times, for a list of strings; nothing for anything else. An empty list is an empty text.
std::optional<OptionValue> several_texts(const std::string& flag, const nlohmann::ordered_json& value);

}  // namespace deepcache_gen
