#include "backend/cpu/fusions.h"

#include "backend/graph/graph_rewriting.h"

namespace deepcache_gen {
namespace {

constexpr Rewriting kFusions[] = {
    {R"(graph(%x, %matrix, %bias, %approximate):
          %product = aten::linear(%x, %matrix, %bias)
          %y = aten::gelu(%product, %approximate)
          return (%y))",
     R"(graph(%x, %matrix, %bias, %approximate):
          %y = deepcache_gen::linear_gelu(%x, %matrix, %bias)
          return (%y))"},
    // A transformer's last linear, whose rows become pixels again before the residual is added to them.
    {R"(graph(%x, %matrix, %bias, %sizes, %channels_first, %residual, %alpha):
          %product = aten::linear(%x, %matrix, %bias)
          %pixels = aten::reshape(%product, %sizes)
          %image = aten::permute(%pixels, %channels_first)
          %y = aten::add(%image, %residual, %alpha)
          return (%y))",
     R"(graph(%x, %matrix, %bias, %sizes, %channels_first, %residual, %alpha):
          %y = deepcache_gen::linear_add_image(%x, %matrix, %bias, %sizes, %residual)
          return (%y))"},
    {R"(graph(%x, %matrix, %bias, %other, %alpha):
          %product = aten::linear(%x, %matrix, %bias)
          %y = aten::add(%product, %other, %alpha)
          return (%y))",
     R"(graph(%x, %matrix, %bias, %other, %alpha):
          %y = deepcache_gen::linear_add(%x, %matrix, %bias, %other)
          return (%y))"},
    {R"(graph(%x, %matrix, %bias, %other, %alpha):
          %product = aten::linear(%x, %matrix, %bias)
          %y = aten::add(%other, %product, %alpha)
          return (%y))",
     R"(graph(%x, %matrix, %bias, %other, %alpha):
          %y = deepcache_gen::linear_add(%x, %matrix, %bias, %other)
          return (%y))"},
    {R"(graph(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32, %other, %alpha):
          %convolved = aten::_convolution(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32)
          %y = aten::add(%convolved, %other, %alpha)
          return (%y))",
     R"(graph(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32, %other, %alpha):
          %y = deepcache_gen::convolution_add(%x, %kernel, %bias, %stride, %padding, %dilation, %groups, %other)
          return (%y))"},
    {R"(graph(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32, %other, %alpha):
          %convolved = aten::_convolution(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32)
          %y = aten::add(%other, %convolved, %alpha)
          return (%y))",
     R"(graph(%x, %kernel, %bias, %stride, %padding, %dilation, %transposed, %output_padding, %groups, %benchmark,
                %deterministic, %cudnn, %tf32, %other, %alpha):
          %y = deepcache_gen::convolution_add(%x, %kernel, %bias, %stride, %padding, %dilation, %groups, %other)
          return (%y))"},
};

}  // namespace

void fuse_operators(std::shared_ptr<torch::jit::Graph>& graph) {
  fuse_for_every_device(graph);
  rewrite_graph(graph, kFusions);
}

}  // namespace deepcache_gen
