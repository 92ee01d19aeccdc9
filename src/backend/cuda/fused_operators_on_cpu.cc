#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <vector>

#include "backend/cuda/checked_operators.h"
#include "backend/cuda/group_norm_application.h"
#include "backend/cuda/group_norm_statistics.h"
#include "backend/cuda/lone_thread.h"

namespace deepcache_gen {
namespace {

// Calls `body` with a number of type std::integral_constant: the pack that was chosen.
template <typename Number, typename Body>
void with_pack(int pack, const Body& body) {
  if (pack == 1) return body(std::integral_constant<int, 1>());
  body(std::integral_constant<int, kWidestPack<Number>>());
}

template <typename Body>
void with_cpu_numbers(NumberKind kind, const Body& body) {
  with_numbers<float, c10::Half, c10::BFloat16>(kind, body);
}

// Blocks one after the other, each of one thread.
class OperatorsOnCpu : public CheckedOperators {
 public:
  OperatorsOnCpu() : CheckedOperators(c10::DeviceType::CPU) {}

 private:
  BlockLimits limits(c10::Device) const override { return {.threads = 1, .stripe = 1, .blocks = 1}; }

  void run(const GroupNormArguments<void>& arguments, NumberKind kind, c10::Device) const override {
    with_cpu_numbers(kind, [&]<typename Number>(Number*) {
      with_pack<Number>(arguments.layout.pack,
                        [&](auto pack) { run_blocks<pack.value>(of_numbers<Number>(arguments)); });
    });
  }

  template <int kPack, typename Number>
  static void run_blocks(const GroupNormArguments<Number>& arguments) {
    const std::int64_t blocks = group_norm_blocks(arguments.sizes, arguments.layout);
    std::vector<float> scratch(group_norm_scratch(arguments.sizes, arguments.layout));
    for (std::int64_t i = 0; i < blocks; ++i) take_moments<kPack>(LoneThread(), arguments, i, scratch.data());
    for (std::int64_t i = 0; i < blocks; ++i) normalize<kPack>(LoneThread(), arguments, i, scratch.data());
  }

  void run(const GegluArguments<void>& arguments, NumberKind kind, c10::Device) const override {
    with_cpu_numbers(kind, [&]<typename Number>(Number*) {
      with_pack<Number>(arguments.pack, [&](auto pack) {
        for (std::int64_t row = 0; row < arguments.rows; ++row) {
          gate_rows<pack.value>(LoneThread(), of_numbers<Number>(arguments), row);
        }
      });
    });
  }

  void run(const WeightedSumArguments& arguments, c10::Device) const override {
    with_pack<float>(arguments.pack, [&](auto pack) {
      for (std::int64_t i = 0; i * pack.value < arguments.size; ++i) add_weighted<pack.value>(arguments, i);
    });
  }
};

}  // namespace

const FusedOperators& fused_operators_on_cpu() {
  static const OperatorsOnCpu operators;
  return operators;
}

}  // namespace deepcache_gen
