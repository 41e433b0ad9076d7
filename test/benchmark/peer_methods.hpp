// The peers of flow-benchmark by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmark/peer.hpp"

namespace saddleflow::benchmark {

struct PeerMethod {
  std::string name, what;
  std::function<PeerRun(const PeerTask&)> run;
};

/// Peers that end steps at the times run twice: the path is that of a run with these stops, work and seconds
/// are those of a run that stops at the end alone.
const std::vector<PeerMethod>& peer_methods();
/// InputError for a name that is not known.
const PeerMethod& peer_method(const std::string& name);

}  // namespace saddleflow::benchmark
