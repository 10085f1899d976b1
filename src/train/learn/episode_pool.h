// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "train/episode.h"

namespace torpor::train {

// Machines without end, made by one thread while another learns from them.
//
// Episode i is the same whatever the threads do: it hangs on the pool's seed and i alone.
// wait_for(n) blocks until episodes 0..n-1 were made; so a trainer that asks by step
// number sees the same episodes at the same step in every run, fast or slow host alike.
// The maker never runs more than `ahead` episodes in front of the newest wait_for().
class EpisodePool {
 public:
  static constexpr std::size_t kPerMachine = 2;  // baselines drawn of each machine
  // Keeps the newest `kept` episodes (about half a MiB each).
  EpisodePool(const std::vector<RealMachine>& real, const EpisodeOptions& options, std::uint64_t seed,
              std::size_t kept, std::size_t ahead);
  ~EpisodePool();  // stops and joins the maker

  void wait_for(std::size_t n);
  // Episode i, which must be < the n of the newest wait_for and among the newest `kept`
  // before it. Null where its baseline was refused. Shared: stays while it is used.
  std::shared_ptr<const Episode> at(std::size_t i);
  std::size_t made();

 private:
  void make();
  EpisodeMaker maker_;
  std::uint64_t seed_;
  std::size_t kept_, ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const Episode>> episodes_;  // of numbers first_ ..
  std::size_t first_ = 0, wanted_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace torpor::train
