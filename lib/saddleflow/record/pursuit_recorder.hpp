// The rounds of a pursuit as they are stored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/network/birth_order.hpp"
#include "saddleflow/study/pursuit_setup.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Keeps the record of a pursuit: every step of its flow, the weights at the ends of every round, the rounds.
class PursuitRecorder {
 public:
  /// `first`: the network of round 0. `command`: for the file's history.
  PursuitRecorder(const StudyTable& study, const PursuitSetup& setup, const Network& first,
                  const std::string& command);
  /// Goes on after round `last` of `record`, whose later rounds are forgotten. InputError if there is no such
  /// round.
  PursuitRecorder(const StudyTable& study, const PursuitSetup& setup, archive::PursuitRecord record,
                  Index last, const std::string& command);

  /// Where the record stands: what NeuronPursuit goes on from.
  PursuitState state() const;

  /// A step of the round that is under way; a round that comes to nothing is forgotten by the next
  /// begin_round().
  void begin_round();
  void on_step(const DescentView& step);
  /// The round is done. `best_value`: N of the best neuron found before it, at the point of the last round.
  void end_round(const PursuitRound& round, Objective& objective);
  /// What a further neuron would be worth at the point of the last round.
  void set_next_value(Real best_value);

  /// As it is to be written. `stop_reason`: "running" as long as rounds are to come.
  const archive::PursuitRecord& record(const std::string& stop_reason);
  Index rounds() const { return static_cast<Index>(record_.rounds.size()); }

 private:
  archive::TimeRow time_row(const DescentView& step) const;
  /// The weights of a moment of the round that no step has recorded, before the row `at`; `time` counts from
  /// the beginning of the round.
  void put_moment(std::size_t at, Real time, std::int64_t step, const Vector& w, const Objective& objective);
  /// So that just after the new neurons were appended, and the point reached, are rows.
  void put_ends(const PursuitRound& round, const Objective& objective);
  std::vector<double> neuron_norms(const Vector& norms, const std::vector<Index>& widths) const;
  void describe(Objective& objective);

  const StudyTable& study_;
  const PursuitSetup& setup_;
  std::string command_;
  std::string typed_;                       // the study as typed, of the file that is continued
  std::vector<std::string> stepper_names_;  // of the file, by their flags
  archive::PursuitRecord record_;
  BirthOrder order_;
  std::vector<archive::TimeRow> steps_;  // of the round that is under way
  std::vector<Vector> norms_;            // neuron norms of these, in the order of the network
  std::vector<Vector> weights_;          // of these, where there is a test set
  Real elapsed_ = 0;                     // flow time of the rounds that are done
  std::int64_t step_count_ = 0;
  double sampled_decisions_ = 0;  // of all rounds; of a file of which the last are forgotten, too many
};

}  // namespace saddleflow
