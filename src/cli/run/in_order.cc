#include "cli/run/in_order.h"

#include <utility>

namespace deepcache_gen {

void InOrder::put(std::size_t place, std::function<void()> action) {
  waiting_.emplace(place, std::move(action));
  while (!waiting_.empty() && waiting_.begin()->first == next_) do_first();
}

void InOrder::do_the_rest() {
  while (!waiting_.empty()) do_first();
}

void InOrder::do_first() {
  const auto first = waiting_.extract(waiting_.begin());
  next_ = first.key() + 1;
  first.mapped()();
}

}  // namespace deepcache_gen
