#include "cli/options/help_page.h"
#include "cli/options/option_table.h"
#include "cli/options/sampler_list.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

// In man(7) a minus is \-, a backslash \e, a tilde \(ti (it would be an accent), and a line must not begin with a full
// stop or an apostrophe.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '-') {
      result += "\\-";
    } else if (c == '\\') {
      result += "\\e";
    } else if (c == '~') {
      result += "\\(ti";
    } else {
      result += c;
    }
  }
  return result.starts_with('.') || result.starts_with('\'') ? "\\&" + result : result;
}

std::string names_of(const Option& option) {
  std::string text;
  for (const std::string& name : option.split_names())
    text += (text.empty() ? "\\fB" : ", \\fB") + escaped(name) + "\\fR";
  return text + (option.is_switch() ? "" : " \\fI" + escaped(option.placeholder) + "\\fR");
}

std::string entry(const std::string& term, const std::string& text) {
  return ".TP\n" + term + "\n" + escaped(text) + "\n";
}

std::string commands_section() {
  std::string text = ".SH COMMANDS\nWithout a command, pictures are made.\n";
  for (const Command& command : command_table()) {
    const std::string arguments = command.usage().substr(command.name.size());
    text +=
        entry("\\fB" + command.name + "\\fR" + (arguments.empty() ? "" : "\\fI" + arguments + "\\fR"), command.help);
  }
  return text;
}

std::string options_section() {
  std::string text = ".SH OPTIONS\n", topic;
  for (const Option& option : option_table()) {
    if (option.topic != topic) text += ".SS " + escaped(option.topic) + "\n";
    topic = option.topic;
    text += entry(names_of(option), described_with_default(option, {}));
  }
  return text;
}

// A row as an entry: `calls: 1; noise: none`.
std::string entries(const std::vector<TableRow>& table) {
  std::string text;
  for (std::size_t row = 1; row < table.size(); ++row) {
    std::string cells;
    for (std::size_t i = 1; i < table[row].size(); ++i) {
      cells += (cells.empty() ? "" : "; ") + table[0][i] + ": " + table[row][i];
    }
    text += entry("\\fB" + escaped(table[row][0]) + "\\fR", cells);
  }
  return text;
}

std::string samplers_section() {
  return ".SH SAMPLERS\n" + entries(sampler_table()) + ".SH SIGMA SCHEDULES\n" + entries(schedule_table());
}

constexpr const char* kDescription =
    ".SH SYNOPSIS\n"
    "\\fBdeepcache\\-gen\\fR \\fB\\-\\-prompt\\fR \\fITEXT\\fR [\\fIFLAG\\fR...]\n.br\n"
    "\\fBdeepcache\\-gen\\fR \\fB\\-\\-prompts\\fR \\fIFILE\\fR [\\fIFLAG\\fR...]\n.br\n"
    "\\fBdeepcache\\-gen\\fR \\fICOMMAND\\fR [\\fIFLAG\\fR...]\n"
    ".SH DESCRIPTION\n"
    "Makes pictures from text with Stable Diffusion 1.5, 2.1 and SDXL.\n"
    "On most denoising steps it runs only the outermost rungs of the UNet and reuses\n"
    "the deep features of an earlier step (DeepCache, arXiv 2312.00858).\n"
    ".PP\n"
    "Standard output carries results only: one path a line, or with\n"
    "\\fB\\-\\-json\\fR one object a line. Everything else goes to standard error.\n"
    "Pictures are written the moment they are done.\n";

constexpr const char* kClosingSections =
    ".SH EXIT STATUS\n"
    ".TP\n\\fB0\\fR\nall done\n"
    ".TP\n\\fB1\\fR\nsomething failed; what was made stays\n"
    ".TP\n\\fB2\\fR\nwrong usage; nothing was made\n"
    ".TP\n\\fB130\\fR\ninterrupted: Ctrl\\-C stops before the next step and keeps what is finished, a second one stops "
    "at once\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBDEEPCACHE_GEN_MODELS\\fR\nfolders, separated by colons, in which \\fB\\-m\\fR looks up names of models\n"
    ".TP\n\\fBXDG_CONFIG_HOME\\fR, \\fBXDG_DATA_HOME\\fR, \\fBXDG_CACHE_HOME\\fR\ninstead of "
    "\\fI\\(ti/.config\\fR, \\fI\\(ti/.local/share\\fR and \\fI\\(ti/.cache\\fR below\n"
    ".TP\n\\fBDEEPCACHE_GEN_LIBTORCH\\fR\na Python environment with the torch for CUDA whose libraries a GPU is used "
    "by; "
    "otherwise those that the loader finds, or of \\fI\\(ti/.local/share/deepcache\\-gen/venv\\fR\n"
    ".SH FILES\n"
    ".TP\n\\fI\\(ti/.config/deepcache\\-gen/config.toml\\fR\ndefaults of flags, as steps = 30\n"
    ".TP\n\\fI\\(ti/.local/share/deepcache\\-gen/models\\fR\nmodels that \\fB\\-m\\fR takes by name\n"
    ".TP\n\\fI\\(ti/.cache/deepcache\\-gen/verified\\fR\nwhich model files had the right checksum; may be deleted\n"
    ".TP\n\\fI\\(ti/.local/share/deepcache\\-gen/venv\\fR\na Python environment, if you make one: "
    "torch for CUDA, and what exporting needs\n"
    ".TP\n\\fI/usr/share/doc/deepcache\\-gen\\fR\nthe documents below, where the program is in a Debian package; "
    "otherwise \\fIshare/doc/deepcache\\-gen\\fR of where it is installed\n"
    ".SH EXAMPLES\n"
    ".nf\n"
    "deepcache\\-gen \\-p \"a lighthouse by the sea\" \\-\\-interval 3 \\-\\-branch 0 \\-o lighthouse.png\n"
    "deepcache\\-gen \\-\\-prompts prompts.txt \\-o out/ \\-\\-resume \\-\\-json\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".TP\n\\fIREADME.md\\fR\nwhat it is, with examples\n"
    ".TP\n\\fIdocs/installing.md\\fR\npackages, containers, GPUs, exporting models with a package only\n"
    ".TP\n\\fImodels/README.md\\fR\nwhat a model folder holds\n"
    ".TP\n\\fIsrc/caching/README.md\\fR\ncache policies\n"
    ".TP\n\\fIsrc/pipeline/tasks/README.md\\fR\nimage to image, inpainting, larger pictures\n"
    ".TP\n\\fIsrc/adapters/README.md\\fR\nLoRA, embeddings, prompts with weights\n"
    ".PP\nXinyin Ma, Gongfan Fang, Xinchao Wang: DeepCache: Accelerating Diffusion Models for Free, arXiv 2312.00858\n";

}  // namespace

std::string manual_page() {
  return std::string(".TH DEEPCACHE\\-GEN 1 \"\" \"deepcache\\-gen ") + kVersion +
         "\"\n.SH NAME\ndeepcache\\-gen \\- pictures from text with Stable Diffusion and DeepCache\n" + kDescription +
         commands_section() + options_section() + samplers_section() + kClosingSections;
}

}  // namespace deepcache_gen
