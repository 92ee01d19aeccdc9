#include "cli/options/from_image.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "image/picture_texts.h"
#include "pipeline/picture_settings.h"
#include "pipeline/recorded_request.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using FlagNames = std::set<std::string>;

[[noreturn]] void refuse_picture(const std::filesystem::path& file, const std::string& problem) {
  throw UsageError("--from-image", "--from-image '" + shortened(file.string()) + "': " + problem);
}

PictureTexts texts_of(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
    refuse_picture(file, "is no file; name a picture");
  std::optional<PictureTexts> texts = read_picture_texts(file);
  if (!texts) refuse_picture(file, "is no whole PNG, JPEG or WebP file; name another");
  return *texts;
}

RecordedRequest recorded_in(const PictureTexts& texts, const std::filesystem::path& file) {
  const std::string* const settings = texts.find(kSettingsKeyword);
  const std::string* const parameters = texts.find(kParametersKeyword);
  try {
    if (settings) return read_settings_record(*settings);
    if (parameters) return read_infotext(*parameters);
  } catch (const Error& error) {
    refuse_picture(file, error.what());
  }
  refuse_picture(file, "holds no settings of this program or of AUTOMATIC1111's; editors may have dropped them");
}

FlagNames names_of_given(const std::vector<const Option*>& given) {
  FlagNames names;
  for (const Option* option : given) {
    names.insert(option->long_name());
    names.insert(option->rivals.begin(), option->rivals.end());
    for (const std::string& displaced : displaced_by(option->long_name())) names.insert(displaced);
  }
  return names;
}

void store(const OptionValue& value, const std::vector<Option>& options, CommandLine& line) {
  const Option* const option = find_option(options, value.flag, line.action);
  if (option == nullptr) return;
  try {
    option->store(line, value);
  } catch (const UsageError& error) {
    refuse_picture(*line.from_image, error.what());
  }
  line.picture.configured.of_picture.insert(option->long_name());
}

void store_name(const std::string& flag, const std::optional<std::string>& name, const FlagNames& given,
                std::optional<std::filesystem::path>& field, CommandLine& line) {
  if (!name || name->empty() || given.contains(flag)) return;
  field = *name;
  line.picture.configured.of_picture.insert(flag);
}

// The keys of records that flags have decided about.
FlagNames keys_of(const FlagNames& given) {
  FlagNames keys;
  bool is_caching = false;
  const auto is_given = [&](const PictureSetting& row) {
    const std::vector<std::string> names = split(row.names, ',');
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return given.contains(name); });
  };
  for (const PictureSetting& row : picture_settings()) {
    if (!is_given(row)) continue;
    keys.insert(row.key);
    is_caching |= row.is_caching;
  }
  for (const PictureSetting& row : picture_settings()) {
    if (row.is_caching && is_caching) keys.insert(row.key);
  }
  for (const char* flag : {"model", "refiner"}) {
    if (given.contains(std::string("--").append(flag))) keys.insert(flag);
  }
  return keys;
}

}  // namespace

std::vector<const Option*> read_from_image(const std::vector<Option>& options, std::vector<const Option*> given,
                                           CommandLine& line) {
  const std::filesystem::path& file = *line.from_image;
  const PictureTexts texts = texts_of(file);
  const RecordedRequest recorded = recorded_in(texts, file);
  const FlagNames names = names_of_given(given);
  line.picture.configured.picture = file;
  for (const OptionValue& value : recorded.values) {
    if (!names.contains(value.flag)) store(value, options, line);
  }
  store_name("--model", recorded.model, names, line.model, line);
  store_name("--vae", recorded.vae, names, line.vae, line);
  store_name("--refiner", recorded.refiner, names, line.refiner, line);
  const std::string* const settings = texts.find(kSettingsKeyword);
  line.source = SourcePicture{file, settings ? *settings : "", recorded.not_understood, keys_of(names)};
  for (const Option& option : options) {
    const bool is_of_picture =
        option.per_picture && option.long_name() != "--output" && option.long_name() != "--quality";
    const bool is_named = line.picture.configured.of_picture.contains(option.long_name());
    if (is_of_picture || is_named) given.push_back(&option);
  }
  return given;
}

}  // namespace deepcache_gen
