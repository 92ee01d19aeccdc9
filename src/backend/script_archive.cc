#include "backend/script_archive.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/operator_upgraders/upgraders_entry.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/csrc/jit/serialization/import_read.h>
#include <torch/csrc/jit/serialization/import_source.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace deepcache_gen {
namespace {

class ScriptArchive {
 public:
  explicit ScriptArchive(std::shared_ptr<caffe2::serialize::ReadAdapterInterface> archive)
      : records_(std::move(archive)),
        classes_(
            code_, &constants_, [this](const std::string& name) { return source_of(name); }, records_.version()) {}

  torch::jit::Module read() {
    torch::jit::populate_upgraders_graph_map();  // of operators that were others in archives of older versions
    const c10::IValue constants = unpickle("constants");
    constants_ = constants.toTupleRef().elements().vec();
    return torch::jit::Module(unpickle("data").toObject());
  }

 private:
  c10::IValue unpickle(const std::string& name) {
    const auto class_named = [this](const c10::QualifiedName& qualified) {
      return c10::StrongTypePtr(code_, classes_.loadType(qualified));
    };
    return torch::jit::readArchiveAndTensors(name, /*pickle_prefix=*/"", /*tensor_prefix=*/"", class_named,
                                             torch::jit::ObjLoaderFunc, c10::kCPU, records_);
  }

  // Null where there is none.
  std::shared_ptr<torch::jit::Source> source_of(std::string name) {
    std::replace(name.begin(), name.end(), '.', '/');
    const std::string path = "code/" + name + ".py";
    if (!records_.hasRecord(path)) return nullptr;
    const auto [text, size] = records_.getRecord(path);
    return std::make_shared<torch::jit::Source>(std::string(static_cast<const char*>(text.get()), size), path, 1);
  }

  caffe2::serialize::PyTorchStreamReader records_;
  std::shared_ptr<torch::jit::CompilationUnit> code_ = std::make_shared<torch::jit::CompilationUnit>();
  std::vector<c10::IValue> constants_;
  torch::jit::SourceImporter classes_;
};

}  // namespace

torch::jit::Module read_script_archive(std::shared_ptr<caffe2::serialize::ReadAdapterInterface> archive) {
  return ScriptArchive(std::move(archive)).read();
}

}  // namespace deepcache_gen
