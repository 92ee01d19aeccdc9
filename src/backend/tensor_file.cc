#include "backend/tensor_file.h"

#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>

#include "support/error.h"
#include "support/file_content.h"
#include "support/printable.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

const std::map<std::string, c10::ScalarType>& torch_dtypes() {
  static const std::map<std::string, c10::ScalarType> dtypes{{"BOOL", at::kBool},
                                                             {"U8", at::kByte},
                                                             {"I8", at::kChar},
                                                             {"F8_E5M2", at::kFloat8_e5m2},
                                                             {"F8_E4M3", at::kFloat8_e4m3fn},
                                                             {"I16", at::kShort},
                                                             {"F16", at::kHalf},
                                                             {"BF16", at::kBFloat16},
                                                             {"I32", at::kInt},
                                                             {"F32", at::kFloat},
                                                             {"F64", at::kDouble},
                                                             {"I64", at::kLong},
                                                             {"U16", c10::ScalarType::UInt16},
                                                             {"U32", c10::ScalarType::UInt32},
                                                             {"U64", c10::ScalarType::UInt64}};
  return dtypes;
}

std::map<std::string, TensorHeader> torch_headers(const SafetensorsHeader& header) {
  std::map<std::string, TensorHeader> headers;
  for (const auto& [name, tensor] : header.tensors) {
    const auto dtype = torch_dtypes().find(tensor.dtype);
    if (dtype == torch_dtypes().end()) {
      throw Error("its tensor '" + shortened(name) + "' is " + tensor.dtype + ", which is not used here; take a file " +
                  "with F16, BF16 or F32");
    }
    headers.emplace(name, TensorHeader{dtype->second, tensor.sizes});
  }
  return headers;
}

}  // namespace

TensorFile::TensorFile(const std::filesystem::path& file, std::size_t most) : file_(file) {
  // First of all what a stranger says of it, so that nothing large is read in vain.
  read_safetensors_header(file);
  bytes_ = std::make_shared<const std::string>(read_regular_file(file, most));
  try {
    header_ = parse_safetensors_header(*bytes_, bytes_->size());
    headers_ = torch_headers(header_);
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what());
  }
  sha256_ = sha256_of(*bytes_);
}

at::Tensor TensorFile::tensor(const std::string& name) const {
  const auto found = headers_.find(name);
  if (found == headers_.end()) throw Error(file_.string() + ": has no tensor '" + shortened(name) + "'");
  const StoredTensor& stored = header_.tensors.at(name);
  const at::TensorOptions options = at::TensorOptions().dtype(found->second.dtype);
  const char* first = bytes_->data() + header_.size + stored.first;
  const auto keep = [bytes = bytes_](void*) {};
  // LibTorch takes no pointer to constants; nobody writes there.
  const at::Tensor bytes = at::from_blob(const_cast<char*>(first), {static_cast<std::int64_t>(stored.bytes)}, keep,
                                         at::TensorOptions().dtype(at::kByte));
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(first) % c10::elementSize(found->second.dtype) == 0;
  if (!is_aligned || stored.bytes == 0) return bytes.clone().view(found->second.dtype).view(stored.sizes);
  return at::from_blob(const_cast<char*>(first), stored.sizes, keep, options);
}

}  // namespace deepcache_gen
