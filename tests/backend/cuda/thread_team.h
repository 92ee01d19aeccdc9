#pragma once

#include <barrier>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace deepcache_gen {

/// Threads of the CPU as a team (src/backend/cuda/lone_thread.h): what a GPU's block does, at its barriers too.
class ThreadTeam {
 public:
  static constexpr int kStripe = 4;

  /// Runs `body` in `size` threads at once; `size` is a multiple of the stripe.
  static void run(int size, const std::function<void(const ThreadTeam&)>& body) {
    Meeting meeting(size);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] { body(ThreadTeam(rank, meeting)); });
    }
  }

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(meeting_.numbers.size()); }
  void wait() const { meeting_.all.arrive_and_wait(); }
  float stripe_sum(float number) const {
    std::barrier<>& stripe = meeting_.stripes[rank_ / kStripe];
    meeting_.numbers[rank_] = number;
    stripe.arrive_and_wait();
    const int first = rank_ / kStripe * kStripe;
    float sum = 0;
    for (int i = 0; i < kStripe; ++i) sum += meeting_.numbers[first + i];
    stripe.arrive_and_wait();
    return sum;
  }

 private:
  struct Meeting {
    explicit Meeting(int size) : all(size), numbers(size) {
      for (int i = 0; i < size / kStripe; ++i) stripes.emplace_back(kStripe);
    }
    std::barrier<> all;
    std::deque<std::barrier<>> stripes;
    std::vector<float> numbers;
  };

  ThreadTeam(int rank, Meeting& meeting) : rank_(rank), meeting_(meeting) {}

  int rank_;
  Meeting& meeting_;
};

}  // namespace deepcache_gen
