#include "adapters/original_unet_names.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace deepcache_gen {
namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view name) {
  Words words;
  for (std::size_t first = 0; first <= name.size();) {
    const std::size_t end = std::min(name.find('.', first), name.size());
    words.push_back(name.substr(first, end - first));
    first = end + 1;
  }
  return words;
}

// Of a block or a layer; a model has some dozens.
std::optional<int> index_of(std::string_view word) {
  int index = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
  if (error != std::errc() || end != word.data() + word.size() || index < 0 || index > 999) return {};
  return index;
}

const std::map<std::string_view, const char*>& outer_names() {
  static const std::map<std::string_view, const char*> names{{"conv_in", "input_blocks.0.0"},
                                                             {"conv_out", "out.2"},
                                                             {"time_embedding.linear_1", "time_embed.0"},
                                                             {"time_embedding.linear_2", "time_embed.2"},
                                                             {"add_embedding.linear_1", "label_emb.0.0"},
                                                             {"add_embedding.linear_2", "label_emb.0.2"}};
  return names;
}

const std::map<std::string_view, const char*>& resnet_names() {
  static const std::map<std::string_view, const char*> names{{"conv1", "in_layers.2"},
                                                             {"conv2", "out_layers.3"},
                                                             {"time_emb_proj", "emb_layers.1"},
                                                             {"conv_shortcut", "skip_connection"}};
  return names;
}

class Renaming {
 public:
  explicit Renaming(const std::set<std::string>& layers) : layers_(layers) {
    while (has("down_blocks.0.resnets." + std::to_string(resnets_) + ".")) ++resnets_;
  }

  std::optional<std::string> original(const std::string& layer) const {
    if (const auto outer = outer_names().find(layer); outer != outer_names().end()) return outer->second;
    const Words words = words_of(layer);
    if (words[0] == "mid_block" && words.size() > 3) return in_mid(words, layer);
    if (words.size() < 5) return {};
    const auto block = index_of(words[1]), inner = index_of(words[3]);
    if (!block || !inner) return {};
    if (words[0] == "down_blocks") return in_down(*block, *inner, words, layer);
    if (words[0] == "up_blocks") return in_up(*block, *inner, words, layer);
    return {};
  }

 private:
  bool has(const std::string& prefix) const {
    const auto found = layers_.lower_bound(prefix);
    return found != layers_.end() && found->starts_with(prefix);
  }

  // What follows the first `words` of a name.
  static std::string rest(const Words& words, std::size_t from, const std::string& layer) {
    return layer.substr(static_cast<std::size_t>(words[from].data() - layer.data()));
  }

  // The kinds of layers are numbered within each block: a resnet, its transformer, what changes the size.
  static std::optional<std::string> in_resnet(const std::string& block, std::string_view name) {
    const auto found = resnet_names().find(name);
    if (found == resnet_names().end()) return {};
    return block + "." + found->second;
  }

  static std::optional<std::string> in_mid(const Words& words, const std::string& layer) {
    const auto inner = index_of(words[2]);
    if (!inner) return {};
    if (words[1] == "attentions" && *inner == 0) return "middle_block.1." + rest(words, 3, layer);
    if (words[1] == "resnets" && *inner < 2) return in_resnet("middle_block." + std::to_string(2 * *inner), words[3]);
    return {};
  }

  std::optional<std::string> in_down(int block, int inner, const Words& words, const std::string& layer) const {
    const int first = (resnets_ + 1) * block + 1;
    const std::string place = "input_blocks." + std::to_string(first + inner);
    if (words[2] == "resnets") return in_resnet(place + ".0", words[4]);
    if (words[2] == "attentions") return place + ".1." + rest(words, 4, layer);
    if (words[2] == "downsamplers") return "input_blocks." + std::to_string(first + resnets_) + ".0.op";
    return {};
  }

  std::optional<std::string> in_up(int block, int inner, const Words& words, const std::string& layer) const {
    const int first = (resnets_ + 1) * block;
    const std::string place = "output_blocks." + std::to_string(first + inner);
    if (words[2] == "resnets") return in_resnet(place + ".0", words[4]);
    if (words[2] == "attentions") return place + ".1." + rest(words, 4, layer);
    if (words[2] != "upsamplers") return {};
    const bool follows_a_transformer = has("up_blocks." + std::to_string(block) + ".attentions.");
    return "output_blocks." + std::to_string(first + resnets_) + (follows_a_transformer ? ".2.conv" : ".1.conv");
  }

  const std::set<std::string>& layers_;
  int resnets_ = 0;  // of a down block; an up block has one more
};

}  // namespace

std::map<std::string, std::string> original_unet_names(const std::set<std::string>& layers) {
  const Renaming renaming(layers);
  std::map<std::string, std::string> names;
  for (const std::string& layer : layers) {
    if (const std::optional<std::string> name = renaming.original(layer)) names.emplace(layer, *name);
  }
  return names;
}

}  // namespace deepcache_gen
