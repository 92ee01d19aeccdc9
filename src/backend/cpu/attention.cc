#include "backend/cpu/attention.h"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/scaled_dot_product_attention_native.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <type_traits>
#include <vector>

#include "backend/cpu/attention_kernels.h"
#include "backend/cpu/operands.h"
#include "backend/cpu/parallel_for.h"
#include "backend/graph/refused_operand.h"

namespace deepcache_gen {
namespace {

// Of a block. Its scores stay in the cache of the core.
constexpr std::int64_t kQueries = 64, kKeys = 512;
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 40;
constexpr auto kPanel = static_cast<std::int64_t>(kPanelColumns);

// LibTorch's name for what a kernel calls `Bfloat16Bits`.
template <typename Number>
using LibraryNumber = std::conditional_t<std::is_same_v<Number, float>, float, at::BFloat16>;

template <typename Number>
constexpr bool kInPairs = !std::is_same_v<Number, float>;

std::size_t unsigned_of(std::int64_t number) { return static_cast<std::size_t>(number); }
std::int64_t blocks_of(std::int64_t count, std::int64_t block) { return (count + block - 1) / block; }

template <typename Number>
std::int64_t panels_bytes(std::int64_t rows, std::int64_t columns) {
  return blocks_of(columns, kPanel) * 4 * static_cast<std::int64_t>(panel_words<Number>(unsigned_of(rows)));
}

template <typename Number>
struct Matrix {
  const Number* numbers;
  std::int64_t rows, columns, stride;
};

// Adds left * right to `product`, or puts it there. right: panels of as many rows as `left` has columns.
template <typename Number>
void multiply_panels(const Matrix<Number>& left, const std::byte* right, std::int64_t columns, float* product,
                     bool add) {
  using Library = LibraryNumber<Number>;
  for (std::int64_t c = 0; c < columns; c += kPanel, right += panels_bytes<Number>(left.columns, kPanel)) {
    at::native::cpublas::brgemm(left.rows, std::min(kPanel, columns - c), left.columns, left.stride, kPanel, columns,
                                add, reinterpret_cast<const Library*>(left.numbers),
                                reinterpret_cast<const Library*>(right), product + c, kInPairs<Number>);
  }
}

// oneDNN does not say for which processors it has these products; LibTorch throws where it has not.
template <typename Number>
bool library_multiplies() {
  static const bool does = [] {
    try {
      const std::vector<Number> left(2);
      const std::vector<std::byte> right(unsigned_of(panels_bytes<Number>(2, 1)));
      float product = 0;
      multiply_panels(Matrix<Number>{left.data(), 1, 2, 2}, right.data(), 1, &product, false);
      at::native::cpublas::brgemm_release(kInPairs<Number>);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }();
  return does;
}

template <typename Number>
class BlockedAttention {
 public:
  BlockedAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, float scale)
      : query_(query),
        key_(key),
        value_(value),
        scale_(scale),
        heads_(query.size(1)),
        width_(query.size(3)),
        key_blocks_(blocks_of(key.size(2), kKeys)),
        query_blocks_(blocks_of(query.size(2), kQueries)) {
    for (std::int64_t block = 0; block < key_blocks_; ++block) {
      const std::int64_t rows = keys_of(block);
      offsets_.push_back({head_bytes_, head_bytes_ + panels_bytes<Number>(width_, rows)});
      head_bytes_ = offsets_.back().values + panels_bytes<Number>(rows, width_);
    }
  }

  at::Tensor run() {
    const std::int64_t heads = query_.size(0) * heads_;
    panels_ = at::empty({heads, head_bytes_}, at::kByte);
    output_ = at::empty({query_.size(0), query_.size(2), heads_, width_}, query_.options()).transpose(1, 2);
    parallel_for(unsigned_of(heads * key_blocks_), [&](std::size_t i) {
      const auto block = static_cast<std::int64_t>(i);
      pack_keys(block / key_blocks_, block % key_blocks_);
    });
    at::parallel_for(0, heads * query_blocks_, 1, [&](std::int64_t begin, std::int64_t end) {
      QueryBlock block(*this);
      for (std::int64_t i = begin; i < end; ++i) block.run(i / query_blocks_, i % query_blocks_);
      at::native::cpublas::brgemm_release(kInPairs<Number>);
    });
    return output_;
  }

 private:
  // Where the panels of a block of keys and of their values begin, in bytes from those of the head.
  struct Offsets {
    std::int64_t keys, values;
  };

  std::int64_t keys_of(std::int64_t block) const { return std::min(kKeys, key_.size(2) - block * kKeys); }
  std::byte* panels(std::int64_t head, std::int64_t offset) const {
    return static_cast<std::byte*>(panels_.mutable_data_ptr()) + head * head_bytes_ + offset;
  }
  // Where row `first` of a head begins, heads being counted through the batch.
  std::int64_t offset_of(const at::Tensor& tensor, std::int64_t head, std::int64_t first) const {
    return head / heads_ * tensor.stride(0) + head % heads_ * tensor.stride(1) + first * tensor.stride(2);
  }
  const Number* rows(const at::Tensor& tensor, std::int64_t head, std::int64_t first) const {
    return static_cast<const Number*>(tensor.const_data_ptr()) + offset_of(tensor, head, first);
  }
  Number* output(std::int64_t head, std::int64_t query) const {
    return static_cast<Number*>(output_.mutable_data_ptr()) + offset_of(output_, head, query);
  }

  void pack_keys(std::int64_t head, std::int64_t block) const {
    const auto pack_with = [&](auto pack, const at::Tensor& tensor, std::int64_t offset) {
      pack(rows(tensor, head, block * kKeys), unsigned_of(tensor.stride(2)), unsigned_of(keys_of(block)),
           unsigned_of(width_), panels(head, offset));
    };
    const Offsets& offsets = offsets_[unsigned_of(block)];
    pack_with([](const Number* matrix, auto... rest) { pack_transposed(matrix, rest...); }, key_, offsets.keys);
    pack_with([](const Number* matrix, auto... rest) { pack(matrix, rest...); }, value_, offsets.values);
  }

  // The work on a few queries, one block of them after the other, and its memory.
  class QueryBlock {
   public:
    explicit QueryBlock(const BlockedAttention& attention)
        : attention_(attention),
          scores_(unsigned_of(kQueries * attention.keys_of(0))),
          sums_(unsigned_of(kQueries * attention.width_)) {}

    void run(std::int64_t head, std::int64_t block) {
      const std::int64_t first = block * kQueries;
      const Matrix<Number> queries{attention_.rows(attention_.query_, head, first),
                                   std::min(kQueries, attention_.query_.size(2) - first), attention_.width_,
                                   attention_.query_.stride(2)};
      states_.assign(unsigned_of(queries.rows), {-std::numeric_limits<float>::infinity(), 0});
      std::fill(sums_.begin(), sums_.end(), 0.0f);
      for (std::int64_t i = 0; i < attention_.key_blocks_; ++i) add_keys(queries, head, i);
      for (std::int64_t i = 0; i < queries.rows; ++i) {
        multiply(sums_of(i), unsigned_of(attention_.width_), 1 / states_[unsigned_of(i)].sum,
                 attention_.output(head, first + i));
      }
    }

   private:
    void add_keys(const Matrix<Number>& queries, std::int64_t head, std::int64_t block) {
      const Offsets& offsets = attention_.offsets_[unsigned_of(block)];
      const std::int64_t keys = attention_.keys_of(block);
      multiply_panels(queries, attention_.panels(head, offsets.keys), keys, scores_.data(), false);
      const Matrix<Number> weights = weights_of_scores(queries.rows, keys);
      multiply_panels(weights, attention_.panels(head, offsets.values), attention_.width_, sums_.data(), true);
    }

    Matrix<Number> weights_of_scores(std::int64_t queries, std::int64_t keys) {
      for (std::int64_t i = 0; i < queries; ++i) {
        const float factor =
            soften(scores_.data() + i * keys, unsigned_of(keys), attention_.scale_, states_[unsigned_of(i)]);
        if (factor != 1) multiply(sums_of(i), unsigned_of(attention_.width_), factor);
      }
      if constexpr (kInPairs<Number>) {
        // An odd key has a partner of weight zero.
        const std::int64_t stride = keys + keys % 2;
        weights_.resize(unsigned_of(kQueries * stride));
        for (std::int64_t i = 0; i < queries; ++i) {
          multiply(scores_.data() + i * keys, unsigned_of(keys), 1, weights_.data() + i * stride);
          if (stride > keys) weights_[unsigned_of(i * stride + keys)] = {};
        }
        return {weights_.data(), queries, stride, stride};
      } else {
        return {scores_.data(), queries, keys, keys};
      }
    }

    float* sums_of(std::int64_t query) { return sums_.data() + query * attention_.width_; }

    const BlockedAttention& attention_;
    std::vector<float> scores_;    // [queries, keys of the block], then their weights
    std::vector<Number> weights_;  // the weights in bfloat16
    std::vector<float> sums_;      // [queries, width]: values times weights
    std::vector<SoftmaxState> states_;
  };

  const at::Tensor &query_, &key_, &value_;
  float scale_;
  std::int64_t heads_, width_, key_blocks_, query_blocks_, head_bytes_ = 0;
  std::vector<Offsets> offsets_;
  at::Tensor panels_, output_;
};

// Rows of even length, since bfloat16 is multiplied in pairs. The sizes of panels are computed without overflowing.
bool fits(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const auto is_matrix = [&](const at::Tensor& tensor) {
    return is_computable(tensor, query.scalar_type()) && tensor.dim() == 4 && tensor.numel() > 0 &&
           tensor.numel() < kMostNumbers && tensor.size(0) == query.size(0) && tensor.size(1) == query.size(1) &&
           tensor.size(3) == query.size(3) && tensor.stride(3) == 1;
  };
  return is_matrix(query) && is_matrix(key) && value.sizes() == key.sizes() && is_matrix(value) &&
         query.size(3) % 2 == 0 && query.stride(2) >= query.size(3);
}

// LibTorch 2.11.0 does not look at these two: it reads past the values where they are fewer than the keys, and divides
// by the number of heads.
void require_attendable(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const auto has_heads = [](const at::Tensor& tensor) { return tensor.dim() < 3 || tensor.size(-3) > 0; };
  if (key.size(-2) == value.size(-2) && has_heads(query) && has_heads(key) && has_heads(value)) return;
  refuse_operand(c10::str("an attention of queries ", query.sizes(), " and keys ", key.sizes()),
                 "one head or more and as many values as keys", value);
}

at::Tensor attend_checked(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          const std::optional<at::Tensor>& mask, double dropout, bool causal,
                          std::optional<double> scale, bool grouped) {
  require_attendable(query, key, value);
  return at::native::scaled_dot_product_attention(query, key, value, mask, dropout, causal, scale, grouped);
}

// For modules that are interpreted, too.
TORCH_LIBRARY_IMPL(aten, CPU, library) { library.impl("scaled_dot_product_attention", &attend_checked); }

}  // namespace

at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  std::optional<double> scale) {
  if (fits(query, key, value)) {
    const auto factor = static_cast<float>(scale.value_or(1 / std::sqrt(static_cast<double>(query.size(3)))));
    if (query.scalar_type() == at::kFloat && factor > 0 && library_multiplies<float>()) {
      return BlockedAttention<float>(query, key, value, factor).run();
    }
    if (query.scalar_type() == at::kBFloat16 && factor > 0 && library_multiplies<Bfloat16Bits>()) {
      return BlockedAttention<Bfloat16Bits>(query, key, value, factor).run();
    }
  }
  return at::scaled_dot_product_attention(query, key, value, {}, 0, false, scale);
}

}  // namespace deepcache_gen
