// Neuron Pursuit from a study, or on from a round of an earlier one, to its file: the job of sf-pursuit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/study/pursuit_setup.hpp"

namespace saddleflow {

struct PursuitRunOptions {
  std::string output;   ///< empty: no file
  std::string command;  ///< for the file's history
  bool overwrite = false;
  bool resume = false;            ///< go on in the output itself, after its last round
  std::int64_t after_round = -1;  ///< source is a run file: its rounds up to this one are taken over; -1: all
  const std::atomic<bool>* interrupt = nullptr;
  Workers* workers = nullptr;  ///< the threads of the searches; null: the caller's alone
  std::function<void(const archive::RoundRow& round, Index number)> on_round;  ///< new ones and old ones
  std::function<void(Index round, const DescentView& step)> progress;          ///< every step of the flow
};

struct PursuitOutcome {
  PursuitEnd end = PursuitEnd::going_on;
  archive::PursuitRecord record;
};

/// `source`: a study (TOML), or the file of an earlier pursuit, whose data are then those that it holds. The
/// file is whole after every round. Throws InputError (a file that exists, a study that differs from the one
/// to be resumed in network, data, loss or pursuit.*), IoError, NumericalError.
PursuitOutcome run_pursuit(const std::string& source, const std::vector<std::string>& overrides,
                           const PursuitRunOptions& options);

/// Of the network as it is after a round, for tables: "3", or "3-2" for two hidden layers.
std::string widths_text(const archive::RoundRow& round);

}  // namespace saddleflow
