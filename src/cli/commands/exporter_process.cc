#include "cli/commands/exporter_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/terminal/interruption.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/proc_files.h"
#include "support/shell_word.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

constexpr const char* kSought = "the exporter";
constexpr const char* kPython = "python3";
constexpr const char* kInCheckout = "../scripts/export_model.py";
constexpr const char* kInstalled = "../share/deepcache-gen/scripts/export_model.py";
constexpr int kNotStarted = 127;  // as shells have it

bool is_file(const Path& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none);
}

std::vector<char*> argument_vector(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> command_words(const Path& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{kPython, script.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

// The program ignores these, which a process that is begun by it would go on doing.
void restore_signals() {
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT}) std::signal(signal, SIG_DFL);
}

[[noreturn]] void fail_to_start(int error) {
  throw Error(std::string("the exporter is a Python script, and ") + kPython +
              " can't be started: " + std::strerror(error) + "; install Python 3.11 or later");
}

// In the process that is about to become the exporter. Ends when the program does, however that ends.
[[noreturn]] void begin_exporter(char* const* words, pid_t parent) {
  restore_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kNotStarted);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::execvp(words[0], words);
  ::_exit(kNotStarted);
}

// Ctrl-C at a terminal goes to both; the exporter cleans up, and this process waits for that.
class IgnoredInterruption {
 public:
  IgnoredInterruption() { ::sigaction(SIGINT, &ignore_, &before_); }
  ~IgnoredInterruption() { ::sigaction(SIGINT, &before_, nullptr); }
  IgnoredInterruption(const IgnoredInterruption&) = delete;
  IgnoredInterruption& operator=(const IgnoredInterruption&) = delete;

 private:
  static struct sigaction ignoring() {
    struct sigaction action {};
    action.sa_handler = SIG_IGN;
    return action;
  }

  struct sigaction ignore_ = ignoring(), before_{};
};

int status_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw Error(std::string("the exporter can't be waited for: ") + std::strerror(errno));
  }
  return status;
}

}  // namespace

Path exporter_script(const Path& bin) {
  const std::array candidates{(bin / kInCheckout).lexically_normal(), (bin / kInstalled).lexically_normal()};
  for (const Path& script : candidates) {
    if (is_file(script)) return script;
  }
  throw Error("there is no exporter beside this program, in " + candidates[0].string() + " or " +
              candidates[1].string() + "; export where it is, and copy the model's folder to this machine");
}

Path exporter_script() { return exporter_script(folder_of_program(kSought)); }

std::string program_word() try {
  const Path launcher = (folder_of_program(kSought) / kInCheckout).lexically_normal().parent_path() / "deepcache-gen";
  if (!is_file(launcher)) return "deepcache-gen";
  const Path relative = launcher.lexically_relative(std::filesystem::current_path());
  const bool is_below = !relative.empty() && *relative.begin() != "..";
  return shell_word((is_below ? relative : launcher).string());
} catch (const std::exception&) {  // a current folder that is gone, no /proc
  return "deepcache-gen";
}

void become_exporter(const Path& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = command_words(script, arguments);
  restore_signals();
  ::execvp(kPython, argument_vector(words).data());
  fail_to_start(errno);
}

void run_exporter(const Path& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = command_words(script, arguments);
  const std::vector<char*> pointers = argument_vector(words);
  const IgnoredInterruption waiting;
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) fail_to_start(errno);
  if (process == 0) begin_exporter(pointers.data(), parent);
  const int status = status_of(process);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitDone) return;
  const bool stopped = WIFSIGNALED(status) ? WTERMSIG(status) == SIGINT : WEXITSTATUS(status) == kExitInterrupted;
  if (stopped) throw Interrupted();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotStarted) fail_to_start(ENOENT);
  throw Error("the export failed; what went wrong is said above");
}

}  // namespace deepcache_gen
