#include "backend/cpu/compiled_module_fixture.h"

namespace deepcache_gen {
namespace {

class CompiledAttentionTest : public CompiledModuleTest {
 protected:
  static torch::jit::Module attention_of(const std::string& arguments) {
    return module_of("self, q, k, v):\n  return torch.scaled_dot_product_attention(q, k, v" + arguments + ")\n", {});
  }
  const Tensors inputs{at::randn({2, 3, 70, 16}), at::randn({2, 3, 77, 16}), at::randn({2, 3, 77, 16})};
};

TEST_F(CompiledAttentionTest, Attends) { expect_same(attention_of(""), inputs); }

TEST_F(CompiledAttentionTest, AttendsWithAScale) { expect_same(attention_of(", scale=0.5"), inputs); }

TEST_F(CompiledAttentionTest, AttendsToWhatComesBefore) { expect_same(attention_of(", is_causal=True"), inputs); }

TEST_F(CompiledAttentionTest, AttendsThroughAMask) {
  expect_same(attention_of(", attn_mask=k.sum(dim=[3]).unsqueeze(2)"), inputs);
}

TEST_F(CompiledAttentionTest, AttendsInGroups) {
  expect_same(attention_of(", enable_gqa=True"),
              {at::randn({2, 6, 70, 16}), at::randn({2, 3, 77, 16}), at::randn({2, 3, 77, 16})});
}

}  // namespace
}  // namespace deepcache_gen
