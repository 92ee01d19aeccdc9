#include "backend/reserving_scope.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <memory>
#include <string>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {
namespace {

bool& thread_reserves() {
  thread_local bool reserves = false;
  return reserves;
}

struct Block {
  void* memory;
  std::size_t size;
};

void release(void* context) {
  const std::unique_ptr<Block> block(static_cast<Block*>(context));
  if (block->memory) munmap(block->memory, block->size);
}

// The heap writes beside every block, which may cost a huge page each.
at::DataPtr reserve(std::size_t size) {
  auto block = std::make_unique<Block>(Block{nullptr, size});
  if (size > 0) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      throw Error("no address space is left for a weight of " + std::to_string(size) + " bytes");
    block->memory = memory;
  }
  void* memory = block->memory;
  return {memory, block.release(), release, c10::kCPU};
}

// Stands in front of the allocator that was there before. Every DataPtr says itself how it is freed.
class SwitchingAllocator final : public c10::Allocator {
 public:
  explicit SwitchingAllocator(c10::Allocator& ordinary) : ordinary_(ordinary) {}

  at::DataPtr allocate(std::size_t size) override {
    return thread_reserves() ? reserve(size) : ordinary_.allocate(size);
  }
  bool is_simple_data_ptr(const at::DataPtr& data) const override { return ordinary_.is_simple_data_ptr(data); }
  // raw_allocate is refused (by its own assertion) where a thread reserves; reading an archive does not call it.
  at::DeleterFnPtr raw_deleter() const override { return ordinary_.raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t size) const override { ordinary_.copy_data(to, from, size); }

 private:
  c10::Allocator& ordinary_;
};

// Swapping allocators for each load would reach into other threads, and two loads could leave the wrong one behind.
void install_switching_allocator() {
  // Never destroyed: tensors are made, and remember it, until the process ends.
  static const auto* const installed = [] {
    auto* allocator = new SwitchingAllocator(*c10::GetCPUAllocator());
    c10::SetCPUAllocator(allocator);
    return allocator;
  }();
  static_cast<void>(installed);
}

}  // namespace

ReservingScope::ReservingScope() {
  install_switching_allocator();
  outer_ = std::exchange(thread_reserves(), true);
}

ReservingScope::~ReservingScope() { thread_reserves() = outer_; }

}  // namespace deepcache_gen
